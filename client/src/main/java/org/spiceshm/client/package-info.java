/**
 * A SPICE client without a window: it links the channels, follows the screen in shared memory or by drawing, takes whole
 * pictures of it, waits on it, and sends inputs. Begin with {@link org.spiceshm.client.SpiceClient}.
 */
package org.spiceshm.client;
