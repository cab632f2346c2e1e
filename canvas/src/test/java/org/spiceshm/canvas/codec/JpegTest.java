package org.spiceshm.canvas.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.spiceshm.canvas.Pixmap;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.SurfaceFormat;

/** JPEG against the JDK's library, which is another implementation of the same transform and upsampling. */
final class JpegTest {
    private static final String METADATA = "javax_imageio_jpeg_image_1.0";
    private static final int QUALITY = 85;

    private final JpegDecoder decoder = new JpegDecoder();
    private final JpegEncoder encoder = new JpegEncoder();
    private final Pixmap decoded = new Pixmap();

    @ParameterizedTest
    @CsvSource({
        "1, 1, 64, 48, 0",
        "1, 1, 37, 29, 3",
        "2, 1, 64, 48, 0",
        "2, 1, 37, 29, 2",
        "2, 1, 3, 5, 0",
        "2, 2, 64, 48, 0",
        "2, 2, 37, 29, 1",
        "2, 2, 5, 3, 0",
        "2, 2, 1, 1, 0"
    })
    void decodesAsAnotherDecoderDoes(int horizontal, int vertical, int width, int height, int restart)
            throws IOException, MalformedMessageException {
        checkDecoding(picture(width, height), horizontal, vertical, restart);
        checkDecoding(noise(width, height), horizontal, vertical, restart);
    }

    private void checkDecoding(Pixmap picture, int horizontal, int vertical, int restart)
            throws IOException, MalformedMessageException {
        int width = picture.widthPixels();
        int height = picture.heightPixels();
        byte[] jpeg = written(picture, horizontal, vertical, restart);
        assertEquals(restart != 0, new String(jpeg, StandardCharsets.ISO_8859_1).contains("\u00ff\u00dd"));
        decoder.decode(MemorySegment.ofArray(jpeg), width, height, decoded);
        BufferedImage expected = ImageIO.read(new ByteArrayInputStream(jpeg));
        for (int i = 0; i < width * height; i++) {
            int want = expected.getRGB(i % width, i / width) & 0xff_ffff;
            int got = decoded.pixels()[i];
            int at = i;
            assertEquals(want, got, () -> "pixel " + at % width + "," + at / width);
        }
    }

    @ParameterizedTest
    @CsvSource({"64, 48", "37, 29", "3, 5"})
    void decodesGreyPictures(int width, int height) throws IOException, MalformedMessageException {
        BufferedImage grey = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < width * height; i++) {
            grey.getRaster().setSample(i % width, i / width, 0, 5 * i % 256);
        }
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        ImageIO.write(grey, "jpeg", jpeg);
        decoder.decode(MemorySegment.ofArray(jpeg.toByteArray()), width, height, decoded);
        BufferedImage expected = ImageIO.read(new ByteArrayInputStream(jpeg.toByteArray()));
        for (int i = 0; i < width * height; i++) {
            int want = expected.getRaster().getSample(i % width, i / width, 0);
            assertEquals(want * 0x01_0101, decoded.pixels()[i], "pixel " + i);
        }
    }

    @ParameterizedTest
    @CsvSource({"64, 48", "37, 29", "1, 1", "17, 1", "1, 17", "200, 3"})
    void whatIsWrittenIsAsGoodAndAsShortAsTheOtherEncoders(int width, int height)
            throws IOException, MalformedMessageException {
        for (Pixmap source : List.of(picture(width, height), noise(width, height))) {
            EncodedBytes encoded = new EncodedBytes();
            encoder.encode(source, QUALITY, encoded);
            byte[] other = written(source, QUALITY);
            double error = error(source, encoded.bytes().toArray(ValueLayout.JAVA_BYTE));
            double otherError = error(source, other);
            assertTrue(error <= 1.05 * otherError + 0.2, () -> "error " + error + ", the other's " + otherError);
            assertTrue(
                    encoded.length() <= 1.05 * other.length + 16,
                    () -> "length " + encoded.length() + ", the other's " + other.length);
        }
    }

    /** The root of the mean squared difference of a component; both decoders agree on it. */
    private double error(Pixmap source, byte[] jpeg) throws IOException, MalformedMessageException {
        int width = source.widthPixels();
        int count = width * source.heightPixels();
        decoder.decode(MemorySegment.ofArray(jpeg), width, source.heightPixels(), decoded);
        BufferedImage other = ImageIO.read(new ByteArrayInputStream(jpeg));
        double sum = 0;
        for (int i = 0; i < count; i++) {
            assertEquals(other.getRGB(i % width, i / width) & 0xff_ffff, decoded.pixels()[i]);
            for (int shift = 0; shift < 24; shift += 8) {
                int difference = ((source.pixels()[i] >> shift) & 0xff) - ((decoded.pixels()[i] >> shift) & 0xff);
                sum += difference * difference;
            }
        }
        return Math.sqrt(sum / (3 * count));
    }

    @Test
    void aHigherQualityTakesMoreBytes() {
        Pixmap source = picture(80, 60);
        int before = 0;
        for (int quality : new int[] {1, 25, 50, 75, 95, 100}) {
            EncodedBytes encoded = new EncodedBytes();
            encoder.encode(source, quality, encoded);
            assertTrue(encoded.length() > before, "quality " + quality);
            before = encoded.length();
        }
        assertThrows(IllegalArgumentException.class, () -> encoder.encode(source, 0, new EncodedBytes()));
        assertThrows(IllegalArgumentException.class, () -> encoder.encode(source, 101, new EncodedBytes()));
    }

    @Test
    void refusesProgressivePictures() throws IOException {
        byte[] jpeg = written(picture(16, 16), 2, 2, 0);
        for (int i = 0; i + 1 < jpeg.length; i++) {
            if (jpeg[i] == -1 && jpeg[i + 1] == (byte) 0xc0) {
                jpeg[i + 1] = (byte) 0xc2;
                break;
            }
        }
        MalformedMessageException refusal = assertThrows(
                MalformedMessageException.class, () -> decoder.decode(MemorySegment.ofArray(jpeg), 16, 16, decoded));
        assertEquals("SOF", refusal.field());
    }

    /** Smooth, with an edge and a corner of another colour. */
    private static Pixmap picture(int width, int height) {
        Pixmap picture = new Pixmap();
        picture.resize(SurfaceFormat.XRGB_32, width, height);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int red = 40 + 150 * x / width;
                int green = 30 + 180 * y / height;
                int blue = x > width / 2 && y > height / 2 ? 120 : 160;
                picture.pixels()[y * width + x] = red << 16 | green << 8 | blue;
            }
        }
        return picture;
    }

    /** Colours that are as far apart as can be, so that sums leave their range. */
    private static Pixmap noise(int width, int height) {
        Pixmap picture = new Pixmap();
        picture.resize(SurfaceFormat.XRGB_32, width, height);
        Random random = new Random(5);
        for (int i = 0; i < width * height; i++) {
            int bits = random.nextInt(8);
            picture.pixels()[i] = (bits >> 2) * 0xff_0000 | (bits >> 1 & 1) * 0xff00 | (bits & 1) * 0xff;
        }
        return picture;
    }

    private static BufferedImage image(Pixmap picture) {
        int width = picture.widthPixels();
        BufferedImage image = new BufferedImage(width, picture.heightPixels(), BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, width, picture.heightPixels(), picture.pixels(), 0, width);
        return image;
    }

    private static byte[] written(Pixmap picture, int quality) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            parameters.setCompressionQuality(quality / 100f);
            writer.write(null, new IIOImage(image(picture), null, null), parameters);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    private static byte[] written(Pixmap picture, int horizontal, int vertical, int restart) throws IOException {
        BufferedImage image = image(picture);
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            IIOMetadata metadata = writer.getDefaultImageMetadata(new ImageTypeSpecifier(image), null);
            IIOMetadataNode root = (IIOMetadataNode) metadata.getAsTree(METADATA);
            IIOMetadataNode first =
                    (IIOMetadataNode) root.getElementsByTagName("componentSpec").item(0);
            first.setAttribute("HsamplingFactor", String.valueOf(horizontal));
            first.setAttribute("VsamplingFactor", String.valueOf(vertical));
            if (restart != 0) {
                IIOMetadataNode interval = new IIOMetadataNode("dri");
                interval.setAttribute("interval", String.valueOf(restart));
                IIOMetadataNode sequence = (IIOMetadataNode)
                        root.getElementsByTagName("markerSequence").item(0);
                sequence.insertBefore(interval, sequence.getFirstChild());
            }
            metadata.setFromTree(METADATA, root);
            writer.write(null, new IIOImage(image, null, metadata), null);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}
