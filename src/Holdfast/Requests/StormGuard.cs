using System.Buffers.Binary;
using System.Text;
using Holdfast.Failover;
using Holdfast.Observability;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Protocols;

namespace Holdfast.Requests;

/// <summary>Refuses a turn that comes again and again, so that a client's loop does not become a provider's bill. What names
/// no session is never refused: equal requests side by side are legal (sampling).</summary>
internal sealed class StormGuard(StormWatch watch, GatewayMetrics metrics, TimeProvider time, ILogger<StormGuard> logger)
{
    /// <summary>Null, or why this turn must pause.</summary>
    public async ValueTask<GatewayError?> CheckAsync(ClientRequest request)
    {
        if (request.Client.Session is not { } session || request.Path.Operation != WireOperation.Generate)
        {
            return null;
        }

        await request.Identity.HashAsync();
        if (request.Identity.CanonicalHash is not { } turn)
        {
            return null;
        }

        var verdict = watch.Count(KeyOf(request, session, turn), time.GetUtcNow());
        if (!verdict.IsStorm)
        {
            return null;
        }

        metrics.StormRefused();
        if (verdict.IsFirstRefusal)
        {
            logger.TurnRepeated(request.Client.Name, session, request.Model, verdict.Count);
        }

        return new(ErrorCodes.TurnRepeated,
            $"The same turn of this session came {verdict.Count} times in a short time (failover.storms). It may come again later.")
        {
            RetryAfter = verdict.RetryAfter,
        };
    }

    private static StormKey KeyOf(ClientRequest request, string session, UInt128 turn)
    {
        Span<byte> principal = stackalloc byte[16];
        Span<byte> body = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(principal, request.Caller.Principal);
        BinaryPrimitives.WriteUInt128BigEndian(body, turn);
        return StormKey.From(principal, Encoding.UTF8.GetBytes($"{session}\n{request.Path.Target}"), body);
    }
}
