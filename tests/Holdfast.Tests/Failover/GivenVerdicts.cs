using Holdfast.Failover;

namespace Holdfast.Tests.Failover;

/// <summary>Verdicts as the classifier gives them, by the words that matter.</summary>
internal static class GivenVerdicts
{
    public static Classification RateLimit(double? retryAfterSeconds = null) =>
        Of("rate_limit", retryAfterSeconds: retryAfterSeconds);

    public static Classification LostConnection() => Of("timeout", "conn_reset_early");

    public static Classification Silent() => Of("timeout", "timeout_first_byte");

    public static Classification Auth() => Of("auth");

    public static Classification Of(string reason, string? kind = null, double? retryAfterSeconds = null)
    {
        var parsed = FailureReasons.Parse(reason)!.Value;
        return new Classification(
            parsed, kind ?? parsed.Kind(), false, parsed.MayFallBack(),
            retryAfterSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null, "test");
    }
}
