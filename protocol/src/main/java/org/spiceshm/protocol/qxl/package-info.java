/**
 * The QXL guest ABI: every struct that guest and device share, as declared in spice-protocol's {@code qxl_dev.h}, and {@link org.spiceshm.protocol.qxl.CommandSlot}, into which the device copies a command.
 */
package org.spiceshm.protocol.qxl;
