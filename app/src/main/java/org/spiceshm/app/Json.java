package org.spiceshm.app;

import java.util.Locale;

/** One JSON object on one line, built field by field: all that {@code --json} needs. */
final class Json {
    private final StringBuilder text = new StringBuilder("{");

    Json put(String name, String value) {
        name(name).append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ') {
                text.append(String.format("\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
        return this;
    }

    Json put(String name, long value) {
        name(name).append(value);
        return this;
    }

    Json put(String name, double value) {
        name(name).append(String.format(Locale.ROOT, "%.3f", value));
        return this;
    }

    Json put(String name, boolean value) {
        name(name).append(value);
        return this;
    }

    private StringBuilder name(String name) {
        return text.append(text.length() == 1 ? "\"" : ",\"").append(name).append("\":");
    }

    /** The object. */
    @Override
    public String toString() {
        return text + "}";
    }
}
