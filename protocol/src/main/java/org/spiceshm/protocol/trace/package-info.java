/**
 * Session traces: what a guest gave the device, what came of it, and when.
 */
package org.spiceshm.protocol.trace;
