using Microsoft.AspNetCore.Connections.Features;

namespace Holdfast.Connections;

/// <summary>Keeps the connection of a client that waits long for a whole answer from looking idle: interim <c>103</c>
/// answers, which promise nothing about the real one. Whom to send them: <c>InterimPolicy</c>.</summary>
internal static class InterimResponses
{
    private static ReadOnlySpan<byte> EarlyHints => "HTTP/1.1 103 Early Hints\r\n\r\n"u8;

    /// <summary>Sends one. False when it cannot be: HTTP/2 or 1.0, an answer that has begun, a connection that is gone.
    /// May be called again and again, by the one thread of control that also begins the answer, after the request's
    /// body was read. Never throws but for cancellation.</summary>
    public static async ValueTask<bool> TrySendAsync(HttpContext http, CancellationToken cancellationToken)
    {
        if (http.Response.HasStarted || !HttpProtocol.IsHttp11(http.Request.Protocol)
            || http.RequestAborted.IsCancellationRequested
            || http.Features.Get<IConnectionTransportFeature>() is not { } connection)
        {
            return false;
        }

        try
        {
            // Past Kestrel's own writer, which has no notion of interim answers: it writes nothing before the answer
            // begins, so the two cannot meet.
            var output = connection.Transport.Output;
            EarlyHints.CopyTo(output.GetSpan(EarlyHints.Length));
            output.Advance(EarlyHints.Length);
            var flushed = await output.FlushAsync(cancellationToken);
            return !flushed.IsCompleted;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or ObjectDisposedException)
        {
            return false;
        }
    }
}
