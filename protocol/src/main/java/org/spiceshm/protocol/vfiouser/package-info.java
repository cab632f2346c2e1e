/**
 * vfio-user, the protocol by which a VMM uses a PCI device of another process: {@link org.spiceshm.protocol.vfiouser.VfioUser}
 * declares what stands where, {@link org.spiceshm.protocol.vfiouser.VfioUserSession} cuts and decodes what the VMM sends, and
 * {@link org.spiceshm.protocol.vfiouser.VfioUserReplies} answers. As QEMU speaks it: docs/interop/vfio-user.rst in its source.
 */
package org.spiceshm.protocol.vfiouser;
