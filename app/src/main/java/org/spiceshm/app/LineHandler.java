package org.spiceshm.app;

import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;

/** The logging binding: one line on stderr for each message, without a stack trace. Any thread. */
public final class LineHandler extends Handler {
    private final SimpleFormatter formatter = new SimpleFormatter();

    @Override
    public void publish(LogRecord message) {
        if (!isLoggable(message)) {
            return;
        }
        Throwable thrown = message.getThrown();
        String cause = thrown == null ? "" : " (" + thrown + ")";
        System.err.println("spiceshm: " + formatter.formatMessage(message) + cause);
    }

    @Override
    public void flush() {
        System.err.flush();
    }

    @Override
    public void close() {}
}
