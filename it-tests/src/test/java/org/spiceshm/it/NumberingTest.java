package org.spiceshm.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.spiceshm.client.ConnectOptions;
import org.spiceshm.client.ConnectOptions.Damage;
import org.spiceshm.client.ConnectOptions.Mode;
import org.spiceshm.client.Deadline;
import org.spiceshm.client.HeldFrame;
import org.spiceshm.client.SpiceClient;
import org.spiceshm.client.SpiceClientException;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.SegmentFeatures;
import org.spiceshm.protocol.spice.Capabilities;
import org.spiceshm.protocol.spice.CommonServerMessage;
import org.spiceshm.protocol.spice.DisplayCapability;
import org.spiceshm.protocol.spice.DisplayClientMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.qxldevice.QxlConfig;
import org.spiceshm.renderer.PipelineOptions;
import org.spiceshm.server.ServerOptions;

/** The proposal's own numbers and today's: each is spoken exactly, and the two never mix. */
@Timeout(120)
final class NumberingTest {
    private static final int WIDTH = 320;
    private static final int HEIGHT = 240;
    private static final int LZ4_BIT = 5;
    private static final int OWN =
            SegmentFeatures.FD_FOLLOWS | SegmentFeatures.SEQUENCE_PAGE | SegmentFeatures.DAMAGE_HANDLED;

    @TempDir
    private Path directory;

    private InProcessServer server(Numbering numbering) throws IOException {
        InProcessServer server = new InProcessServer(
                directory,
                QxlConfig.forPrimary(WIDTH, HEIGHT),
                PipelineOptions.defaults(),
                ServerOptions.defaults().withNumbering(numbering));
        server.draw("solid", WIDTH, HEIGHT, 5);
        return server;
    }

    @Test
    void theNumbersAreThoseOfTheProposal() {
        Numbering proposal = Numbering.RFC_2013;
        assertEquals(
                List.of(5, 320, 321, 322, 103, 104),
                List.of(
                        proposal.capabilityBit(),
                        proposal.offer(),
                        proposal.damage(),
                        proposal.surfaceCreateShm(),
                        proposal.reply(),
                        proposal.damageHandled()));
        Numbering current = Numbering.CURRENT;
        assertEquals(
                List.of(30, 900, 901, 902, 900, 901),
                List.of(
                        current.capabilityBit(),
                        current.offer(),
                        current.damage(),
                        current.surfaceCreateShm(),
                        current.reply(),
                        current.damageHandled()));
    }

    /** By numbers that stand here, and not by those of the code under test. */
    @Test
    void theProposalsNumbersAreSpokenToTheLetter() throws IOException, MalformedMessageException {
        try (InProcessServer server = server(Numbering.RFC_2013);
                ShmPeer peer = new ShmPeer(server.path(), Numbering.RFC_2013, OWN)) {
            assertEquals(320, peer.next().type(), "SHM_OFFER");
            assertEquals(CommonServerMessage.SetAck.TYPE, peer.next().type());
            assertEquals(320, peer.next().type(), "SHM_OFFER of a segment of its own");
            assertEquals(322, peer.next().type(), "SURFACE_CREATE_SHM");
            assertEquals(321, peer.next().type(), "SHM_DAMAGE");
        }
    }

    @ParameterizedTest
    @EnumSource(Numbering.class)
    void bothEndsOfOneNumberingUseEveryFeature(Numbering numbering) throws IOException {
        try (InProcessServer server = server(numbering)) {
            for (Damage way : Damage.values()) {
                ConnectOptions options =
                        server.options().withNumbering(numbering).withDamage(way);
                try (SpiceClient client = SpiceClient.connect(options)) {
                    assertEquals(
                            4,
                            client.display().capture(Deadline.inMillis(10_000)).pixel(9, 9));
                    assertEquals(way, client.display().damage());
                    if (way == Damage.FRAMES) {
                        try (HeldFrame frame = client.display().awaitFrame(Deadline.inMillis(10_000))) {
                            assertEquals(4, frame.pixel(WIDTH - 1, HEIGHT - 1));
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Numbering.class)
    void endsThatDifferMeetInNormalModeOrNotAtAll(Numbering ours) throws IOException {
        Numbering theirs = ours == Numbering.CURRENT ? Numbering.RFC_2013 : Numbering.CURRENT;
        try (InProcessServer server = server(ours)) {
            ConnectOptions options = server.options().withNumbering(theirs);
            try (SpiceClient client = SpiceClient.connect(options.withMode(Mode.AUTO))) {
                assertEquals(
                        4, client.display().capture(Deadline.inMillis(10_000)).pixel(9, 9));
                assertFalse(client.isUsingSharedMemory());
            }
            SpiceClientException refusal = assertThrows(
                    SpiceClientException.class,
                    () -> SpiceClient.connect(options.withMode(Mode.SHM)).close());
            assertEquals(SpiceClientException.Kind.REFUSED, refusal.kind());
        }
    }

    /** Upstream has since given bit 5 to LZ4: the proposal's server takes it for the proposal's, today's server does not. */
    @Test
    void theBitThatIsNowLz4MeansSharedMemoryOnlyUnderTheProposalsNumbers()
            throws IOException, MalformedMessageException {
        Capabilities lz4 = Capabilities.of(LZ4_BIT, DisplayCapability.MONITORS_CONFIG);
        for (Numbering numbering : Numbering.values()) {
            try (InProcessServer server = server(numbering);
                    RawChannel main = RawChannel.main(server.path());
                    RawChannel display = RawChannel.display(server.path(), main.sessionId(), lz4)) {
                boolean proposal = numbering == Numbering.RFC_2013;
                assertEquals(proposal, display.serverCapabilities().has(LZ4_BIT));
                assertEquals(
                        proposal ? 320 : CommonServerMessage.SetAck.TYPE,
                        display.read().type());
                if (!proposal) {
                    display.send(new DisplayClientMessage.Init(1, 1 << 20, 0, 0));
                    assertEquals(
                            DisplayServerMessage.SurfaceCreate.TYPE,
                            display.read().type());
                }
            }
        }
    }

    @Test
    void theCommandLineSpeaksBoth() throws IOException {
        String uri = "spice+unix://" + directory.resolve("cli");
        try (Program server = Program.spiceshm(
                "serve",
                "--scene",
                "solid",
                "--fps",
                "20",
                "--size",
                "64x64",
                "--numbering",
                "rfc2013",
                "--listen",
                uri)) {
            server.awaitOutput("ready");
            String out = directory.resolve("out.png").toString();
            Program.Result same = Program.run("shot", uri, out, "--mode", "shm", "--numbering", "rfc2013");
            assertEquals(0, same.status(), same::toString);
            Program.Result mixed = Program.run("shot", uri, out, "--mode", "shm");
            assertEquals(1, mixed.status(), mixed::toString);
            Program.Result normal = Program.run("shot", uri, out);
            assertEquals(0, normal.status(), normal::toString);
            assertTrue(normal.errors().stream().anyMatch(line -> line.startsWith("mode: normal")), normal::toString);
        }
    }
}
