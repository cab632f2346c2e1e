/**
 * The SPICE wire: {@link org.spiceshm.protocol.spice.ServerLink} and {@link org.spiceshm.protocol.spice.ClientLink} make
 * a connection a channel, {@link org.spiceshm.protocol.spice.MessageFramer} and
 * {@link org.spiceshm.protocol.spice.MessageWriter} cut and frame its messages, and each channel's messages are records
 * in sealed interfaces such as {@link org.spiceshm.protocol.spice.DisplayServerMessage}.
 */
package org.spiceshm.protocol.spice;
