/**
 * The shared-memory display extension: its numbers, its messages and the sequence page.
 */
package org.spiceshm.protocol.shm;
