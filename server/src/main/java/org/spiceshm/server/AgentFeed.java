package org.spiceshm.server;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * By which the server hears of the guest's agent: whether it is there, and what it says. For whoever has the agent's
 * port; any thread, but {@link #connected}, {@link #disconnected} and {@link #message} in the order of events.
 *
 * <pre>
 *  the agent's port --message--> AgentFeed --> ClientAgent (one a client) --AGENT_DATA--> client
 *                   &lt;-AgentSink------------------------------------------- &lt;-AGENT_DATA-- client
 * </pre>
 */
public final class AgentFeed {
    private final Set<ClientAgent> clients = ConcurrentHashMap.newKeySet();
    private final AgentSink sink;
    /** Goes up by one when the agent comes, and when it goes: odd while it is there. Written under this object's lock. */
    private volatile long epoch;

    AgentFeed(AgentSink sink) {
        this.sink = sink;
    }

    /** The agent is there: clients are told. Does nothing if it was. */
    public void connected() {
        change(true);
    }

    /** The agent is gone: clients are told, and what was under way is forgotten. Does nothing if it was. */
    public void disconnected() {
        change(false);
    }

    /** Whether the agent is there. */
    public boolean isConnected() {
        return isConnected(epoch);
    }

    /** The agent says something, header first, to every client that talks to it; nobody may write to the array again. */
    public void message(byte[] message) {
        long now = epoch;
        if (isConnected(now)) {
            for (ClientAgent client : clients) {
                client.post(now, message);
            }
        }
    }

    /** The sink has room again. */
    public void room() {
        wakeAll();
    }

    private void change(boolean there) {
        synchronized (this) {
            long old = epoch;
            if (isConnected(old) == there) {
                return;
            }
            epoch = old + 1;
        }
        wakeAll();
    }

    private void wakeAll() {
        for (ClientAgent client : clients) {
            client.wake();
        }
    }

    // ---- for clients

    static boolean isConnected(long epoch) {
        return (epoch & 1) != 0;
    }

    long epoch() {
        return epoch;
    }

    AgentSink sink() {
        return sink;
    }

    void add(ClientAgent client) {
        clients.add(client);
    }

    void remove(ClientAgent client) {
        clients.remove(client);
    }
}
