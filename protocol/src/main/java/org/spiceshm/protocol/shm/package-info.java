/**
 * The shared-memory display extension: its numbers ({@link org.spiceshm.protocol.shm.Numbering}), its messages, of which
 * {@link org.spiceshm.protocol.shm.ShmDamageFlyweight} is the hot one, and the
 * {@link org.spiceshm.protocol.shm.SequencePage} that keeps readers from torn pictures.
 */
package org.spiceshm.protocol.shm;
