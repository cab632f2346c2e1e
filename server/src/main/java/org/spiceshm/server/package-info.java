/**
 * Shows one {@link org.spiceshm.server.Screen} to any number of SPICE clients. {@link org.spiceshm.server.SpiceServer} is
 * the main class; {@link org.spiceshm.server.InputSink}, {@link org.spiceshm.server.BatchGate}, {@link
 * org.spiceshm.server.AgentSink}, {@link org.spiceshm.server.MonitorsSink} and {@link
 * org.spiceshm.server.ClientWatch} are the ports it calls.
 */
package org.spiceshm.server;
