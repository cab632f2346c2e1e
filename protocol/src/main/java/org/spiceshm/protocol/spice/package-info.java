/**
 * The SPICE wire: link stage, message headers, the channels' messages as records, and the sessions of both sides.
 */
package org.spiceshm.protocol.spice;
