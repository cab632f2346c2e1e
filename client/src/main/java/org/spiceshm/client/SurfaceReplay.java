package org.spiceshm.client;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiceshm.canvas.Surface;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;
import org.spiceshm.protocol.shm.ShmDamage;
import org.spiceshm.protocol.shm.ShmOffer;
import org.spiceshm.protocol.shm.SurfaceCreateShm;
import org.spiceshm.protocol.spice.CommonServerMessage;
import org.spiceshm.protocol.spice.DisplayServerMessage;
import org.spiceshm.protocol.spice.DrawMessage;
import org.spiceshm.protocol.spice.StreamMessage;
import org.spiceshm.protocol.spice.UnknownMessage;

/**
 * Draws the messages of a display channel without a connection: recorded ones, that is. Begins with no surfaces and empty
 * caches. For one thread.
 */
public final class SurfaceReplay implements AutoCloseable {
    private final NormalScreen screen = new NormalScreen();

    /** A surface, while it exists. */
    public record Shown(int id, Surface surface) {}

    /**
     * Does what one message says; {@code body} is what follows the header on the wire.
     *
     * @throws MalformedMessageException when a client would end the connection
     */
    public void apply(int type, MemorySegment body) throws MalformedMessageException {
        DisplayServerMessage message = DisplayServerMessage.decode(type, body, Numbering.CURRENT);
        switch (message) {
            case DrawMessage draw -> screen.draw(draw);
            case StreamMessage stream -> screen.stream(stream);
            case DisplayServerMessage.SurfaceCreate create -> screen.create(create);
            case DisplayServerMessage.SurfaceDestroy(int surfaceId) -> screen.remove(surfaceId);
            case DisplayServerMessage.Mark mark -> screen.mark(0);
            case DisplayServerMessage.Reset reset -> screen.reset();
            case DisplayServerMessage.InvalList(var resources) -> screen.forgetImages(resources);
            case DisplayServerMessage.InvalAllPixmaps all -> screen.forgetImages();
            case DisplayServerMessage.InvalPalette(long id) -> screen.forgetPalette(id);
            case DisplayServerMessage.InvalAllPalettes all -> screen.forgetPalettes();
            case CommonServerMessage common -> {}
            case UnknownMessage unknown -> {}
            case DisplayServerMessage.Mode mode -> {}
            case DisplayServerMessage.MonitorsConfig monitors -> {}
            case ShmOffer offer -> throw shared("SHM_OFFER");
            case ShmDamage damage -> throw shared("SHM_DAMAGE");
            case SurfaceCreateShm create -> throw shared("SURFACE_CREATE_SHM");
        }
    }

    private static MalformedMessageException shared(String message) {
        return new MalformedMessageException(message, "(order)", "got one, expected none without shared memory");
    }

    /** All surfaces, by their ids. They last until the next {@link #apply}. */
    public List<Shown> surfaces() {
        List<Shown> shown = new ArrayList<>();
        for (Layer layer : screen.layers()) {
            shown.add(new Shown(layer.id(), layer.surface()));
        }
        shown.sort(Comparator.comparingInt(Shown::id));
        return shown;
    }

    /** Why a surface is not what the messages meant, or null. */
    public @Nullable String fault(int surfaceId) {
        for (Layer layer : screen.layers()) {
            if (layer.id() == surfaceId) {
                return layer.fault();
            }
        }
        return null;
    }

    /** The primary, or null if there is none. */
    public @Nullable Surface primary() {
        Layer primary = screen.primaryLayer();
        return primary == null ? null : primary.surface();
    }

    /** Why the primary is not what the messages meant, or null. */
    public @Nullable String primaryFault() {
        return screen.fault();
    }

    /** The surfaces are gone. */
    @Override
    public void close() {
        screen.close();
    }
}
