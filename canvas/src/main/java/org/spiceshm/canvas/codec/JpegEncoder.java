package org.spiceshm.canvas.codec;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.spiceshm.canvas.Pixmap;

/** Encodes JPEG pictures by the JDK's library: baseline, YCbCr, colours at half resolution. Owned by one thread. */
public final class JpegEncoder {
    private static final int MAX_QUALITY = 100;

    /**
     * Encodes the colours of an XRGB_32 or ARGB_32 picture after what {@code target} holds.
     *
     * @param quality 1 to 100, as the Independent JPEG Group counts; the reference uses 85
     */
    public void encode(Pixmap picture, int quality, EncodedBytes target) {
        if (!(1 <= quality && quality <= MAX_QUALITY)) {
            throw new IllegalArgumentException("quality: got " + quality + ", expected 1 to 100");
        }
        if (picture.format().bitsPerPixel() != Integer.SIZE) {
            throw new IllegalArgumentException("picture: got " + picture.format() + ", expected 32 bits");
        }
        int width = picture.widthPixels();
        int height = picture.heightPixels();
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        System.arraycopy(
                picture.pixels(), 0, ((DataBufferInt) image.getRaster().getDataBuffer()).getData(), 0, width * height);
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (ImageOutputStream out = new MemoryCacheImageOutputStream(new Appender(target))) {
            writer.setOutput(out);
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            parameters.setCompressionQuality((float) quality / MAX_QUALITY);
            writer.write(null, new IIOImage(image, null, null), parameters);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing but memory is written to
        } finally {
            writer.dispose();
        }
    }

    private static final class Appender extends OutputStream {
        private final EncodedBytes target;

        private Appender(EncodedBytes target) {
            this.target = target;
        }

        @Override
        public void write(int value) {
            int length = target.length();
            target.ensure(length, 1)[length] = (byte) value;
            target.length(length + 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int count) {
            int length = target.length();
            System.arraycopy(bytes, offset, target.ensure(length, count), length, count);
            target.length(length + count);
        }
    }
}
