/**
 * What runs inside a guest, without the guest: a {@link org.spiceshm.guestdriver.QxlDriver} that fills the rings of any
 * QXL device, {@link org.spiceshm.guestdriver.Scenes} to fill them with, and a {@link
 * org.spiceshm.guestdriver.RecordingPlayer} for what real drivers once did.
 */
package org.spiceshm.guestdriver;
