package org.spiceshm.protocol;

/**
 * Bytes from a peer that are not what the specification says. The peer's connection is closed; nothing of the message
 * has taken effect.
 *
 * <p>The text always names message, field, offset, what was got and what was expected.
 */
public final class MalformedMessageException extends Exception {
    private final String messageName;
    private final String field;

    /**
     * @param messageName the specification's name of the message or structure
     * @param field the specification's name of the field
     * @param detail what was got and what was expected, lower case, no full stop
     */
    public MalformedMessageException(String messageName, String field, String detail) {
        super(messageName + "." + field + ": " + detail);
        this.messageName = messageName;
        this.field = field;
    }

    /** As above, with where in the message it stood. */
    public static MalformedMessageException at(
            String messageName, String field, long offset, Object got, Object expected) {
        return new MalformedMessageException(
                messageName, field, "at offset " + offset + ": got " + got + ", expected " + expected);
    }

    /** The message's name. */
    public String messageName() {
        return messageName;
    }

    /** The field's name. */
    public String field() {
        return field;
    }
}
