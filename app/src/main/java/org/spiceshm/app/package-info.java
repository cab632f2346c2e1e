/**
 * Plugs the parts together ({@link org.spiceshm.app.Card}) and gives them a command line ({@link
 * org.spiceshm.app.Main}).
 */
package org.spiceshm.app;
