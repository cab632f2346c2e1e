package org.spiceshm.client;

import org.spiceshm.protocol.spice.ChannelType;

/** What went through one channel so far, the link stage included in the bytes. */
public record ChannelStatistics(
        ChannelType type, int id, long bytesRead, long bytesWritten, long messagesRead, long messagesWritten) {}
