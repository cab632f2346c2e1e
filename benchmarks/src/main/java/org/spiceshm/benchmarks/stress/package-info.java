/**
 * What one thread writes into the shared segment and another reads without a lock, under jcstress; start with {@link
 * org.spiceshm.benchmarks.stress.SequencePageStress}.
 */
package org.spiceshm.benchmarks.stress;
