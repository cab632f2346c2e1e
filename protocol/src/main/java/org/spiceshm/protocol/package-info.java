/**
 * How bytes are laid out: {@link org.spiceshm.protocol.Struct} declares a layout once, field by field, and everything
 * that reads, writes or checks it comes from that declaration.
 */
package org.spiceshm.protocol;
