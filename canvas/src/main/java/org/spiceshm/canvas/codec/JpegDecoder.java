package org.spiceshm.canvas.codec;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** Decodes JPEG pictures by the JDK's library. Owned by one thread. */
public final class JpegDecoder {
    /**
     * Decodes a picture to XRGB_32 with a top byte of zero.
     *
     * @param width what the image's descriptor says, in pixels; 1 to {@link ImageDecoder#MAX_PIXELS} with {@code height}
     */
    public void decode(MemorySegment data, int width, int height, Pixmap target) throws MalformedMessageException {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg");
        ImageReader reader = readers.next();
        try (ImageInputStream input =
                new MemoryCacheImageInputStream(new ByteArrayInputStream(data.toArray(JAVA_BYTE)))) {
            reader.setInput(input, true, true);
            if (!(reader.getWidth(0) == width && reader.getHeight(0) == height)) {
                throw malformed(
                        "size",
                        "got " + reader.getWidth(0) + "x" + reader.getHeight(0) + ", expected " + width + "x" + height);
            }
            BufferedImage image = reader.read(0);
            target.resize(SurfaceFormat.XRGB_32, width, height);
            toPixels(image, width * height, target.pixels());
        } catch (IOException | RuntimeException e) {
            throw malformed("data", "got " + e.getMessage() + ", expected a picture");
        } finally {
            reader.dispose();
        }
    }

    private static void toPixels(BufferedImage image, int count, int[] pixels) {
        int width = image.getWidth();
        if (image.getRaster().getNumBands() == 1) {
            image.getRaster().getSamples(0, 0, width, image.getHeight(), 0, pixels);
            for (int i = 0; i < count; i++) {
                pixels[i] *= 0x01_0101;
            }
            return;
        }
        image.getRGB(0, 0, width, image.getHeight(), pixels, 0, width);
        for (int i = 0; i < count; i++) {
            pixels[i] &= 0xff_ffff;
        }
    }

    private static MalformedMessageException malformed(String field, String detail) {
        return new MalformedMessageException("JPEG", field, detail);
    }
}
