package org.spiceshm.client;

/**
 * How a display fares.
 *
 * @param sharedMemory whether the screen is, or will be, in shared memory
 * @param modeReason why, or why not
 * @param segmentBytes the mapped segment's size; 0 without one
 * @param primaries how many screens there have been
 * @param damages SHM_DAMAGE messages
 * @param draws drawing messages
 * @param undecodedImages images that this version cannot decode, or that the server did not send
 * @param undrawnDraws drawings that were not drawn, for that reason or another
 * @param streamsIgnored video streams that were not shown
 * @param tornReads copies of the shared screen that were thrown away
 */
public record DisplayStatistics(
        boolean sharedMemory,
        String modeReason,
        long segmentBytes,
        long primaries,
        long damages,
        long draws,
        long undecodedImages,
        long undrawnDraws,
        long streamsIgnored,
        long tornReads) {}
