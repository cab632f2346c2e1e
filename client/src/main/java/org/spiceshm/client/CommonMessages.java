package org.spiceshm.client;

import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.spice.CommonServerMessage;
import org.spiceshm.protocol.spice.InputsServerMessage;
import org.spiceshm.protocol.spice.MessageFramer;

/** Decodes what every channel may say, whichever channel says it. */
final class CommonMessages {
    private CommonMessages() {}

    /** The message, whose type is one of the common ones. */
    static CommonServerMessage decode(MessageFramer framer) throws MalformedMessageException {
        return switch (InputsServerMessage.decode(framer.type(), framer.body())) {
            case CommonServerMessage common -> common;
            case InputsServerMessage other ->
                throw new IllegalStateException("message type " + framer.type() + " is no common one");
        };
    }
}
