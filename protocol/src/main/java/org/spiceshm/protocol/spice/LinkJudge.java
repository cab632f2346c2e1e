package org.spiceshm.protocol.spice;

/** The server's port to what it offers: which channels there are, which connections are known, on which terms. */
@FunctionalInterface
public interface LinkJudge {
    /** What to answer; called once, when the link message is complete and before the ticket. */
    Verdict judge(LinkMessage message);

    /**
     * An error, or {@link LinkError#OK} and the capabilities to answer with. {@link LinkError#BAD_CONNECTION_ID} and
     * {@link LinkError#CHANNEL_NOT_AVAILABLE} are told only after a good ticket, so their capabilities count too: who
     * does not know the password learns nothing about connections.
     */
    record Verdict(LinkError error, Capabilities commonCapabilities, Capabilities channelCapabilities) {
        /** Yes, with these capabilities. */
        public static Verdict accept(Capabilities common, Capabilities channel) {
            return new Verdict(LinkError.OK, common, channel);
        }

        /** No. */
        public static Verdict refuse(LinkError error) {
            return new Verdict(error, Capabilities.of(CommonCapability.AUTH_SPICE), Capabilities.NONE);
        }
    }
}
