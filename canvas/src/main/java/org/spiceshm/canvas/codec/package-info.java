/**
 * SPICE's image formats: QUIC, LZ, GLZ, GLZ in zlib, LZ4, JPEG and JPEG with alpha, exact to the bit.
 * {@link org.spiceshm.canvas.codec.ImageDecoder} is the main class of the way in; each codec has a class of its own for
 * each direction. All of them work on {@link org.spiceshm.canvas.Pixmap}s, are reused, and are owned by one thread.
 */
package org.spiceshm.canvas.codec;
