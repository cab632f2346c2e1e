/**
 * Two-dimensional drawing as SPICE defines it, with the results of spice-common's sw_canvas over pixman 0.42, pixel for
 * pixel. {@link org.spiceshm.canvas.Canvas} is the main class; it draws {@link org.spiceshm.canvas.Image}s on
 * {@link org.spiceshm.canvas.Surface}s through {@link org.spiceshm.canvas.Region}s.
 */
package org.spiceshm.canvas;
