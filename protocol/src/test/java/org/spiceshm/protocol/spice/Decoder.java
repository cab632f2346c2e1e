package org.spiceshm.protocol.spice;

import java.lang.foreign.MemorySegment;
import org.spiceshm.protocol.MalformedMessageException;
import org.spiceshm.protocol.shm.Numbering;

/** One channel and direction. */
@FunctionalInterface
interface Decoder {
    WireMessage decode(int type, MemorySegment body) throws MalformedMessageException;

    Decoder MAIN_SERVER = MainServerMessage::decode;
    Decoder MAIN_CLIENT = MainClientMessage::decode;
    Decoder DISPLAY_SERVER = (type, body) -> DisplayServerMessage.decode(type, body, Numbering.CURRENT);
    Decoder DISPLAY_CLIENT = (type, body) -> DisplayClientMessage.decode(type, body, Numbering.CURRENT);
    Decoder CURSOR_SERVER = CursorServerMessage::decode;
    Decoder CURSOR_CLIENT = CursorClientMessage::decode;
    Decoder INPUTS_SERVER = InputsServerMessage::decode;
    Decoder INPUTS_CLIENT = InputsClientMessage::decode;
}
