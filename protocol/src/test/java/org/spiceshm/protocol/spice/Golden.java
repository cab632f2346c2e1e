package org.spiceshm.protocol.spice;

/** A value on the left, its bytes on the right. */
record Golden(Decoder decoder, int type, WireMessage message, String hex) {
    @Override
    public String toString() {
        return message.getClass().getSimpleName() + " " + type;
    }
}
