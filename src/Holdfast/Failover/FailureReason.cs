
namespace Holdfast.Failover;

/// <summary>What an upstream's failure means, in the words of the rules, logs and records.</summary>
internal enum FailureReason
{
    /// <summary>No rule matched: nothing is known of it.</summary>
    None,

    /// <summary>A credential was refused; another may be accepted.</summary>
    Auth,

    /// <summary>A credential is revoked, or its account closed: it will not come back by itself.</summary>
    AuthPermanent,

    /// <summary>The request itself was refused as wrong: every candidate would refuse it.</summary>
    Format,

    /// <summary>Too much at once; it passes.</summary>
    RateLimit,

    /// <summary>The provider has no capacity now.</summary>
    Overloaded,

    /// <summary>Out of money, or of what it buys.</summary>
    Billing,

    /// <summary>It took too long, or the connection was lost.</summary>
    Timeout,

    /// <summary>The provider failed.</summary>
    ServerError,

    /// <summary>The candidate does not know the model.</summary>
    ModelNotFound,

    /// <summary>A conversation kept at the provider is gone.</summary>
    SessionExpired,

    /// <summary>The model would not answer.</summary>
    Refusal,

    /// <summary>An answer without content.</summary>
    EmptyResponse,

    /// <summary>An error that says nothing at all.</summary>
    NoErrorDetails,

    /// <summary>Known to be a failure, of none of the other kinds.</summary>
    Unclassified,

    /// <summary>A failure nobody knows.</summary>
    Unknown,

    /// <summary>The provider's certificate cannot be trusted.</summary>
    TlsCertificate,

    /// <summary>The conversation is longer than the model can read.</summary>
    ContextOverflow,
}

/// <summary>The reasons as they are written.</summary>
internal static class FailureReasons
{
    private static readonly string[] Words =
    [
        "none", "auth", "auth_permanent", "format", "rate_limit", "overloaded", "billing", "timeout", "server_error",
        "model_not_found", "session_expired", "refusal", "empty_response", "no_error_details", "unclassified",
        "unknown", "tls_certificate", "context_overflow",
    ];

    /// <summary>Every word, in the order of the reasons.</summary>
    public static IReadOnlyList<string> All => Words;

    public static string Word(this FailureReason reason) => Words[(int)reason];

    /// <summary>The reason of a word; null for any other text.</summary>
    public static FailureReason? Parse(string word) =>
        Array.IndexOf(Words, word) is >= 0 and var index ? (FailureReason)index : null;

    /// <summary>Whether the next candidate may be asked when this happened before any output. A failure the request itself
    /// brought on would only be repeated, and a broken trust must be seen (facts 8 and 10).</summary>
    public static bool MayFallBack(this FailureReason reason) => reason is not (FailureReason.None
        or FailureReason.Format or FailureReason.ContextOverflow or FailureReason.TlsCertificate
        or FailureReason.SessionExpired or FailureReason.Unclassified);

    /// <summary>Whether too much was asked at once: that passes when the limit resets.</summary>
    public static bool IsLimit(this FailureReason reason) => reason is FailureReason.RateLimit or FailureReason.Overloaded;

    /// <summary>Whether money or a credential was refused: that does not pass by itself.</summary>
    public static bool IsBlocking(this FailureReason reason) =>
        reason is FailureReason.Auth or FailureReason.AuthPermanent or FailureReason.Billing;

    /// <summary>The kind a rule has that names none (errors.md section 1).</summary>
    public static string Kind(this FailureReason reason) => reason switch
    {
        FailureReason.Auth or FailureReason.AuthPermanent => "auth",
        FailureReason.Format or FailureReason.SessionExpired => "client_invalid",
        FailureReason.RateLimit => "rate_limit",
        FailureReason.Overloaded => "overloaded",
        FailureReason.Billing => "billing",
        FailureReason.Timeout => "timeout_first_byte",
        FailureReason.ServerError or FailureReason.NoErrorDetails or FailureReason.Unknown => "upstream_error",
        FailureReason.ModelNotFound => "model_not_found",
        FailureReason.Refusal => "content_policy",
        FailureReason.EmptyResponse => "bad_model_output",
        FailureReason.TlsCertificate => "tls_certificate",
        FailureReason.ContextOverflow => "context_length",
        FailureReason.Unclassified => "permission",
        _ => "none",
    };
}
