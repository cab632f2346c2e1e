package org.spiceshm.protocol.spice;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A set of capability bits, as 32-bit words, bit 0 first. Immutable; all words a peer sent are kept. */
public final class Capabilities {
    /** No bits, no words. */
    public static final Capabilities NONE = new Capabilities(new int[0]);

    /** What spice-server accepts of either kind. */
    public static final int MAX_WORDS = 1024;

    private final int[] words;

    private Capabilities(int[] words) {
        this.words = words;
    }

    /** Exactly these bits, in as few words as hold them. */
    public static Capabilities of(int... bits) {
        int[] words = new int[0];
        for (int bit : bits) {
            if (!(0 <= bit && bit < 32 * MAX_WORDS)) {
                throw new IllegalArgumentException("capability bit " + bit);
            }
            words = Arrays.copyOf(words, Math.max(words.length, (bit >> 5) + 1));
            words[bit >> 5] |= 1 << (bit & 31);
        }
        return new Capabilities(words);
    }

    /** These words as they are. */
    public static Capabilities ofWords(int... words) {
        if (!(words.length <= MAX_WORDS)) {
            throw new IllegalArgumentException(words.length + " capability words");
        }
        return new Capabilities(words.clone());
    }

    /** Whether the bit is set; bits past the last word are not. */
    public boolean has(int bit) {
        int word = bit >> 5;
        return 0 <= word && word < words.length && (words[word] >>> (bit & 31) & 1) != 0;
    }

    /** These bits and one more. */
    public Capabilities with(int bit) {
        int[] more = Arrays.copyOf(words, Math.max(words.length, (bit >> 5) + 1));
        more[bit >> 5] |= 1 << (bit & 31);
        return new Capabilities(more);
    }

    /** These bits but one. */
    public Capabilities without(int bit) {
        int[] fewer = words.clone();
        if (has(bit)) {
            fewer[bit >> 5] &= ~(1 << (bit & 31));
        }
        return new Capabilities(fewer);
    }

    /** How many words there are. */
    public int wordCount() {
        return words.length;
    }

    /** One word; {@code 0 <= index && index < wordCount()}. */
    public int word(int index) {
        return words[index];
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Capabilities that && Arrays.equals(words, that.words);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(words);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("Capabilities[");
        for (int word : words) {
            text.append(String.format("%08x ", word));
        }
        return text.toString().strip() + "]";
    }
}
