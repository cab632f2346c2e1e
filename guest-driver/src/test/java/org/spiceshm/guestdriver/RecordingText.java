package org.spiceshm.guestdriver;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Writes recordings: every kind of command, with numbers from a seed. */
final class RecordingText {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Random random;
    private int event;
    /** Where events end; the first entry is the end of the header. */
    final List<Integer> ends = new ArrayList<>();
    /** The payloads of ring commands, in order. */
    final List<byte[]> commands = new ArrayList<>();

    RecordingText(long seed) {
        random = new Random(seed);
        line("SPICE_REPLAY 1");
        ends.add(out.size());
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    /** A recording with all that there is. */
    static RecordingText everything(long seed) {
        RecordingText text = new RecordingText(seed);
        text.reset();
        text.primary(29, 8, 4, -32, 0);
        for (int type = 0; type <= 14; type++) {
            text.draw(type);
        }
        text.surfaces();
        text.cursors();
        text.others();
        return text;
    }

    void reset() {
        for (int type : new int[] {22, 23, 19, 18, 16, 36}) {
            message(type);
        }
    }

    void message(int type) {
        head(1, type);
        ends.add(out.size());
    }

    void primary(int type, int width, int height, int stride, int flags) {
        head(1, type);
        line(width + " " + height + " " + stride + " 32");
        line("0 1 " + flags + " 0");
        binary("data", Math.abs(stride) * height);
        ends.add(out.size());
    }

    void draw(int type) {
        int start = command(1);
        drawable(type);
        end(start);
    }

    void surfaces() {
        int start = command(5);
        line("surface_cmd");
        line("surface_id 7");
        line("type 0");
        line("flags 1");
        surface(96, 4, 3, -16);
        binary("data", 48);
        end(start);
        start = command(5);
        line("surface_cmd");
        line("surface_id 9");
        line("type 0");
        line("flags 0");
        surface(8, 5, 3, 8);
        end(start);
        start = command(5);
        line("surface_cmd");
        line("surface_id 7");
        line("type 1");
        line("flags 0");
        end(start);
    }

    private void surface(int format, int width, int height, int stride) {
        line("u.surface_create.format " + format);
        line("u.surface_create.width " + width);
        line("u.surface_create.height " + height);
        line("u.surface_create.stride " + stride);
    }

    void cursors() {
        int start = command(3);
        line("cursor_cmd");
        line("type 0");
        line("point16 " + (short) random.nextInt() + " " + (short) random.nextInt());
        line("u.set.visible 1");
        line("header.unique " + Long.toUnsignedString(random.nextLong()));
        line("header.type 0");
        line("header.width 4");
        line("header.height 4");
        line("header.hot_spot_x 1");
        line("header.hot_spot_y 2");
        line("data_size 64");
        chunks("cursor", 40, 24);
        end(start);
        start = command(3);
        line("cursor_cmd");
        line("type 1");
        line("point16 -1 32767");
        end(start);
        start = command(3);
        line("cursor_cmd");
        line("type 2");
        end(start);
        start = command(3);
        line("cursor_cmd");
        line("type 3");
        line("u.trail.length 65535");
        line("u.trail.frequency 3");
        end(start);
    }

    void others() {
        int start = command(2);
        line("update");
        rect("area");
        line("update_id " + random.nextInt());
        line("surface_id 0");
        end(start);
        start = command(4);
        line("binary 0 message 5:hello");
        end(start);
    }

    private int command(int type) {
        head(0, type);
        return out.size();
    }

    private void end(int start) {
        byte[] all = out.toByteArray();
        commands.add(java.util.Arrays.copyOfRange(all, start, all.length));
        ends.add(all.length);
    }

    private void head(int what, int type) {
        line("event " + event + " " + what + " " + type + " " + (1 + event) * 1_000_000L);
        event++;
    }

    private void drawable(int type) {
        line("drawable");
        rect("bbox");
        if (type % 2 == 0) {
            line("type 0");
        } else {
            line("type 1");
            line("num_rects 3");
            chunks("clip_rects", 32, 16);
        }
        line("effect " + random.nextInt(8));
        line("mm_time " + random.nextInt());
        line("self_bitmap " + random.nextInt(2));
        rect("self_bitmap_area");
        line("surface_id " + random.nextInt(10));
        for (int i = 0; i < 3; i++) {
            line("surfaces_dest " + (random.nextInt(4) - 1));
            rect("surfaces_rects");
        }
        line("type " + type);
        operation(type);
    }

    private void operation(int type) {
        switch (type) {
            case 0 -> {}
            case 1 -> {
                brush(2);
                line("rop_descriptor " + random.nextInt(65536));
                mask(true);
            }
            case 2 -> {
                image(0, 1);
                rect("src_area");
                brush(1);
                line("rop_descriptor 8");
                line("scale_mode 1");
                mask(false);
            }
            case 3, 5 -> {
                image(type == 3 ? 1 : 104, 0);
                rect("src_area");
                line("rop_descriptor 8");
                line("scale_mode 0");
                mask(type == 3);
            }
            case 4 -> point();
            case 6, 7, 8 -> mask(type == 7);
            case 9 -> {
                image(0, 4);
                rect("src_area");
                brush(2);
                line("rop3 " + random.nextInt(256));
                line("scale_mode 0");
                mask(true);
            }
            case 10 -> {
                chunks("path", 24, 16);
                line("attr.flags 8");
                line("attr.style_nseg 3");
                binary("style", 12);
                brush(1);
                line("fore_mode 8");
                line("back_mode 0");
            }
            case 11 -> {
                line("data_size 100");
                line("length 3");
                line("flags 2");
                chunks("string", 60, 30, 10);
                rect("back_area");
                brush(2);
                brush(2);
                line("fore_mode 8");
                line("back_mode 1");
            }
            case 12 -> {
                image(0, 0);
                rect("src_area");
                line("src_color " + random.nextInt());
                line("true_color -1");
            }
            case 13 -> {
                line("alpha_flags 1");
                line("alpha 200");
                line("image 0");
                rect("src_area");
            }
            case 14 -> {
                line("flags " + (3 | 7 << 19));
                image(104, 0);
                line("src_transform 1");
                binary("transform", 24);
                line("mask 1");
                image(0, 0);
                line("mask_transform 1");
                binary("transform", 24);
                line("src_origin -5 6");
                line("mask_origin 7 -32768");
            }
            default -> throw new IllegalArgumentException("draw type " + type);
        }
    }

    private void brush(int type) {
        line("type " + type);
        if (type == 1) {
            line("u.color " + random.nextInt());
        } else if (type == 2) {
            image(0, 0);
            point();
        }
    }

    private void mask(boolean present) {
        line("flags " + random.nextInt(2));
        point();
        if (present) {
            image(0, 1);
        } else {
            line("image 0");
        }
    }

    private void image(int type, int bitmapFlags) {
        line("image 1");
        line("descriptor.id " + Long.toUnsignedString(random.nextLong()));
        line("descriptor.type " + type);
        line("descriptor.flags " + random.nextInt(256));
        line("descriptor.width 6");
        line("descriptor.height 5");
        switch (type) {
            case 0 -> {
                line("bitmap.format 5");
                line("bitmap.flags " + bitmapFlags);
                line("bitmap.x 6");
                line("bitmap.y 5");
                line("bitmap.stride 8");
                line("has_palette 1");
                line("qp.num_ents 3");
                line("unique " + Long.toUnsignedString(random.nextLong()));
                for (int i = 0; i < 3; i++) {
                    line("ents " + random.nextInt());
                }
                if ((bitmapFlags & 1) != 0) {
                    binary("image_data_flat", 40);
                } else {
                    chunks("bitmap.data", 16, 0, 24);
                }
            }
            case 104 -> line("surface_image.surface_id 12");
            default -> {
                line("quic.data_size 20");
                chunks("quic.data", 12, 8);
            }
        }
    }

    private void chunks(String name, int... sizes) {
        int total = java.util.Arrays.stream(sizes).sum();
        line("data_chunks " + (sizes.length - 1) + " " + total);
        for (int size : sizes) {
            binary(name, size);
        }
    }

    private void binary(String name, int size) {
        text("binary 0 " + name + " " + size + ":");
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        out.writeBytes(bytes);
        line("");
    }

    private void rect(String name) {
        line("rect " + name + " " + random.nextInt() + " -3 " + random.nextInt(100) + " " + random.nextInt(100));
    }

    private void point() {
        line("point " + random.nextInt() + " " + random.nextInt());
    }

    private void line(String line) {
        text(line + "\n");
    }

    private void text(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }
}
