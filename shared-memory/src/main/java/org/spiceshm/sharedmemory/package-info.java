/**
 * Sealed memory files, their mappings, event descriptors, and Unix sockets that pass descriptors. Start at
 * {@link org.spiceshm.sharedmemory.MemoryFile}; {@link org.spiceshm.sharedmemory.Poller} is the heart of an event loop.
 * Only for 64-bit Linux.
 */
package org.spiceshm.sharedmemory;
