/**
 * A QXL device of revision 5, outside the virtual machine monitor. {@link org.spiceshm.qxldevice.QxlDevice} is the main
 * class; whoever calls its ports is the guest, and its {@link org.spiceshm.qxldevice.CommandSink} is where commands go.
 */
package org.spiceshm.qxldevice;
