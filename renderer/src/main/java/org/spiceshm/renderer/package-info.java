/**
 * From a command to pixels in shared memory, and what follows from it: {@link org.spiceshm.renderer.RenderPipeline} is
 * the main class; {@link org.spiceshm.renderer.DisplayOutput} and {@link org.spiceshm.renderer.CommandCompletion} are
 * the ports it calls.
 */
package org.spiceshm.renderer;
