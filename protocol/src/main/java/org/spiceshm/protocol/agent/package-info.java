/**
 * What clients and the guest's agent (spice-vdagent) say to each other: {@link org.spiceshm.protocol.agent.AgentMessage}
 * is a message, {@link org.spiceshm.protocol.agent.AgentAssembler} gathers it from pieces, and
 * {@link org.spiceshm.protocol.agent.VdiChunks} is how it travels on the agent's serial port.
 */
package org.spiceshm.protocol.agent;
