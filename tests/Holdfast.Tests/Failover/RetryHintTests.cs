namespace Holdfast.Tests.Failover;

/// <summary>How long to wait is read in every form in which it is said.</summary>
public sealed class RetryHintTests
{
    /// <summary>The text, what is known besides, the verdict: see <see cref="Verdicts"/>.</summary>
    public static TheoryData<string, string, string> Samples => new()
    {
        { """{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","plan_type":"pro","resets_at":1795203600,"resets_in_seconds":3600}}""", "429", "rate_limit not-again 3600s" },
        { """{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_at":1795203600}}""", "429", "rate_limit 3600s" },
        { "try again in 1m2.5s", "", "* 62.5s" },
        { "try again in 20s", "", "* 20s" },
        { "try again in 300ms", "", "* 0.3s" },
        { "retry after 5 seconds", "", "* 5s" },
        { "Retry after 2 minutes", "", "* 120s" },
        { "retry after 1 hour", "", "* 3600s" },
        { "Please retry in 37.5s.", "", "* 37.5s" },
        { "Try again in 6m0s", "", "* 360s" },
        { "try again in 1h2m3s", "", "* 3723s" },
        { "try again in 99999 hours", "", "* no-wait" },
        { "retry after 30 days", "", "* 604800s" },
        { "Retry-After: 30", "", "* 30s" },
        { "Quota will be replenished in 00:12:34", "", "* 754s" },
        { "try again in 0 seconds", "", "* no-wait" },
        { "wait 30 seconds", "", "* 30s" },
        { """{"retry_after":12.5}""", "", "* 12.5s" },
        { """{"retry_after":-5}""", "", "* no-wait" },
        { """{"retry_after":1e300}""", "", "* no-wait" },
        { """{"error":{"retry_after":"7"}}""", "", "* 7s" },
        { """{"reset_after_seconds":90}""", "", "* 90s" },
        { "resets in 3 hours", "", "* 10800s" },
        { "try again in 5", "", "* 5s" },
        { "try again later", "", "* no-wait" },
        { "retry after 2 hours and 5 minutes", "", "* 7500s" },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_wait_is_read_wherever_it_stands(string text, string given, string verdict) =>
        Verdicts.AreAs(text, given, verdict);
}
