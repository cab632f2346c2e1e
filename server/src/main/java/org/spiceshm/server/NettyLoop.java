package org.spiceshm.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.spiceshm.protocol.spice.InputCursor;

/** TCP connections, on one Netty event loop. Everything but {@link #execute} and the waker belongs to its thread. */
final class NettyLoop implements EventLoop, AutoCloseable {
    private static final Logger LOG = System.getLogger(NettyLoop.class.getName());
    private static final int HIGH_WATER_BYTES = 256 * 1024;
    private static final int WRITE_BYTES = 64 * 1024;
    private static final long TICK_MILLIS = 500;
    private static final long CLOSE_SECONDS = 5;
    /** More at once are turned away: descriptors are for those who are there already. */
    private static final int MAX_PEERS = 512;

    private final SpiceServer server;
    private final EventLoopGroup group =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("spice-tcp", true), NioIoHandler.newFactory());
    private final List<Peer> peers = new ArrayList<>();
    private final AtomicBoolean pumpAsked = new AtomicBoolean();
    private final Runnable pump = this::pumpAll;
    private final Runnable waker = this::wake;

    NettyLoop(SpiceServer server) {
        this.server = server;
        server.screens().forEach(screen -> screen.addWaker(waker));
        group.scheduleAtFixedRate(this::tickAll, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /**
     * Accepts connections from now on.
     *
     * @return the address with the port that it really is
     * @throws IOException if the port is taken
     */
    ListenAddress.Tcp listen(ListenAddress.Tcp address) throws IOException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(HIGH_WATER_BYTES / 2, HIGH_WATER_BYTES))
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new Peer(channel));
                    }
                });
        var bound = bootstrap.bind(address.host(), address.port()).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(address.uri() + ": " + bound.cause().getMessage(), bound.cause());
        }
        InetSocketAddress local = (InetSocketAddress) bound.channel().localAddress();
        return new ListenAddress.Tcp(address.host(), local.getPort());
    }

    @Override
    public void execute(Runnable task) {
        try {
            group.execute(task);
        } catch (RejectedExecutionException e) {
            // Closed meanwhile: there is no connection left that the task could be about.
            LOG.log(Level.TRACE, "after the end", e);
        }
    }

    private void wake() {
        if (pumpAsked.compareAndSet(false, true)) {
            execute(pump);
        }
    }

    private void pumpAll() {
        pumpAsked.set(false);
        long now = System.nanoTime();
        for (int i = peers.size() - 1; i >= 0; i--) {
            peers.get(i).connection.onWritable(now);
        }
    }

    private void tickAll() {
        long now = System.nanoTime();
        for (int i = peers.size() - 1; i >= 0; i--) {
            peers.get(i).connection.onTick(now);
        }
    }

    /** Closes every connection and listener. */
    @Override
    public void close() {
        server.screens().forEach(screen -> screen.removeWaker(waker));
        group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private final class Peer extends ChannelInboundHandlerAdapter implements Transport {
        private final Channel channel;
        private final Connection connection;
        private final InputCursor input = new InputCursor();

        Peer(Channel channel) {
            this.channel = channel;
            this.connection = new Connection(server, this, System.nanoTime());
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            peers.add(this);
            if (peers.size() > MAX_PEERS) {
                LOG.log(Level.WARNING, "a connection was turned away: {0} are open", MAX_PEERS);
                context.close();
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            try {
                MemorySegment segment = MemorySegment.ofBuffer(bytes.nioBuffer());
                input.set(segment, 0, segment.byteSize());
                connection.onInput(input, System.nanoTime());
            } finally {
                bytes.release();
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (channel.isWritable()) {
                connection.onWritable(System.nanoTime());
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            peers.remove(this);
            connection.onClosed();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.log(Level.DEBUG, "{0}: {1}", peer(), cause.getMessage());
            context.close();
        }

        @Override
        public EventLoop loop() {
            return NettyLoop.this;
        }

        @Override
        public boolean carriesDescriptors() {
            return false;
        }

        @Override
        public String peer() {
            return "tcp client " + channel.remoteAddress();
        }

        @Override
        public int write(MemorySegment segment, int offset, int length) {
            if (!channel.isWritable()) {
                return 0;
            }
            int count = Math.min(length, WRITE_BYTES);
            ByteBuf bytes = channel.alloc().buffer(count);
            bytes.writeBytes(segment.asSlice(offset, count).asByteBuffer());
            channel.writeAndFlush(bytes, channel.voidPromise());
            return count;
        }

        @Override
        public boolean writeDescriptor(MemorySegment segment, int offset, int descriptor) {
            throw new IllegalStateException("a descriptor on a TCP connection");
        }

        @Override
        public void wantWritable(boolean wanted) {
            // Netty tells by itself.
        }

        @Override
        public void close() {
            channel.close();
        }
    }
}
