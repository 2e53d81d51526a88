using Holdfast.Accounts.Pricing;
using Holdfast.Configuration.Kinds;
using Holdfast.Configuration.Settings;
using Holdfast.Connections;
using Holdfast.Failover;
using Holdfast.Journal;
using Holdfast.Recording.Privacy;
using Holdfast.Requests;
using Holdfast.Routing;
using Holdfast.Sinks;
using Holdfast.Upstreams;
using Holdfast.Wire;

namespace Holdfast.Configuration;

/// <summary>Every setting there is: its name, its kind and the option it fills. Loading, <c>docs/config.md</c> and the
/// JSON schema come from here; what a setting means stands in the doc comment of the option of the same name.</summary>
internal static class SettingsTable
{
    private const long MegaByte = 1024 * 1024;

    private static readonly TextKind Url = new("URL", AddressRules.Listener);
    private static readonly TextKind Name = new("name", NameRules.Name);
    private static readonly TextKind ModelPattern = new("model or pattern", NameRules.ModelPattern, "claude-*");
    private static readonly TextKind Model = new("model", NameRules.Model);
    private static readonly TextKind Piece = new("text", NameRules.Piece);
    private static readonly TextKind Expression = new("regular expression", NameRules.Expression);
    private static readonly TextKind Host = new("host name", AddressRules.Host);
    private static readonly TextKind Origin = new("origin", AddressRules.Origin);
    private static readonly TextKind Proxy = new("URL or `\"off\"`", AddressRules.Proxy) { MayHoldUser = true };

    private static readonly NumberKind Retries = new("retries", 0, 5);
    private static readonly Word<KeepAliveForm> Blank = new("blank", KeepAliveForm.Blank);
    private static readonly Word<KeepAliveForm> Comment = new("comment", KeepAliveForm.Comment);
    private static readonly Word<KeepAliveForm> Ping = new("ping", KeepAliveForm.Ping);
    private static readonly Word<KeepAliveForm> Event = new("event", KeepAliveForm.Event);

    public static ChoiceKind<ProtocolFamily> Protocols { get; } = new(
        new("anthropic", ProtocolFamily.Anthropic),
        new("openai", ProtocolFamily.OpenAI),
        new("gemini", ProtocolFamily.Gemini));

    public static ChoiceKind<string> Access { get; } = Words("loopback", "open");

    public static ChoiceKind<string> Errors { get; } = Words("profile", "verbatim");

    /// <summary>What a rule of one's own may say of an error; that it is none, it may not.</summary>
    public static ChoiceKind<string> Reasons { get; } =
        Words([.. FailureReasons.All.Where(word => word != FailureReason.None.Word())]);

    public static Section<TlsOptions> Tls { get; } = new Section<TlsOptions>()
        .Value("certificate", FileKind.Instance, o => o.Certificate, (o, v) => o.Certificate = v, required: true)
        .Value("key", FileKind.Instance, o => o.Key, (o, v) => o.Key = v, required: true);

    public static Section<CredentialOptions> Credential { get; } = new Section<CredentialOptions>()
        .Value("env", VariableNameKind.Instance, o => o.Env, (o, v) => o.Env = v, required: true);

    public static Section<UpstreamOptions> Upstream { get; } = new Section<UpstreamOptions>()
        .Value("protocol", Protocols, o => o.Protocol, (o, v) => o.Protocol = v, required: true)
        .Value("baseUrl", UrlKind.Instance, o => o.BaseUrl, (o, v) => o.BaseUrl = v, required: true)
        .Child("credential", Credential, o => o.Credential, o => o.Credential = new())
        .ListOfSections("credentials", Credential, o => o.Credentials, (o, v) => o.Credentials = v, mayBeEmpty: false)
        .Value("proxy", Proxy, o => o.Proxy, (o, v) => o.Proxy = v)
        .Value("caFile", FileKind.Instance, o => o.CaFile, (o, v) => o.CaFile = v)
        .Value("clientCertificate", FileKind.Instance, o => o.ClientCertificate, (o, v) => o.ClientCertificate = v)
        .Value("clientKey", FileKind.Instance, o => o.ClientKey, (o, v) => o.ClientKey = v)
        .Value("http2", BooleanKind.Instance, o => o.Http2, (o, v) => o.Http2 = v)
        .Value("idleTimeout", DurationKind.Always, o => o.IdleTimeout, (o, v) => o.IdleTimeout = v)
        .Value("connectRetries", Retries, o => o.ConnectRetries, (o, v) => o.ConnectRetries = (int)v)
        .Value("connectionLifetime", DurationKind.OrOff, o => o.ConnectionLifetime, (o, v) => o.ConnectionLifetime = v);

    public static Section<CandidateOptions> Candidate { get; } = new Section<CandidateOptions>()
        .Value("upstream", Name, o => o.Upstream, (o, v) => o.Upstream = v, required: true)
        .Value("model", Model, o => o.Model, (o, v) => o.Model = v)
        .Value("weight", new NumberKind("shares", 1, 1000), o => o.Weight, (o, v) => o.Weight = (int)v);

    public static Section<RouteTimeoutOptions> RouteTimeouts { get; } = new Section<RouteTimeoutOptions>()
        .Value("firstByte", DurationKind.OrOff, o => o.FirstByte, (o, v) => o.FirstByte = v)
        .Value("request", DurationKind.OrOff, o => o.Request, (o, v) => o.Request = v)
        .Value("stallAfter", DurationKind.OrOff, o => o.StallAfter, (o, v) => o.StallAfter = v)
        .Value("openEarlyAfter", DurationKind.OrOff, o => o.OpenEarlyAfter, (o, v) => o.OpenEarlyAfter = v);

    public static Section<RouteJournalOptions> RouteJournal { get; } = new Section<RouteJournalOptions>()
        .Value("enabled", BooleanKind.Instance, o => o.Enabled, (o, v) => o.Enabled = v)
        .Value("linger", DurationKind.Always, o => o.Linger, (o, v) => o.Linger = v)
        .Value("keep", DurationKind.Always, o => o.Keep, (o, v) => o.Keep = v);

    public static Section<JournalOptions> Journal { get; } = new Section<JournalOptions>()
        .Value("enabled", BooleanKind.Instance, o => o.Enabled, (o, v) => o.Enabled = v)
        .Value("resume", BooleanKind.Instance, o => o.Resume, (o, v) => o.Resume = v)
        .Value("linger", DurationKind.Always, o => o.Linger, (o, v) => o.Linger = v)
        .Value("keep", DurationKind.Always, o => o.Keep, (o, v) => o.Keep = v)
        .Value("maxTurnBytes", Bytes(64 * 1024, 1024 * MegaByte), o => o.MaxTurnBytes, (o, v) => o.MaxTurnBytes = v)
        .Value("maxBytes", Bytes(MegaByte, 64 * 1024 * MegaByte), o => o.MaxBytes, (o, v) => o.MaxBytes = v)
        .Value("maxDiskBytes", Bytes(0, 1024 * 1024 * MegaByte), o => o.MaxDiskBytes, (o, v) => o.MaxDiskBytes = v);

    public static ChoiceKind<BodyRecording> Bodies { get; } = new(
        new("none", BodyRecording.None), new("messages", BodyRecording.Messages), new("raw", BodyRecording.Raw));

    public static Section<RouteRecordingOptions> RouteRecording { get; } = new Section<RouteRecordingOptions>()
        .Value("bodies", Bodies, o => o.Bodies, (o, v) => o.Bodies = v);

    public static Section<RecordingOptions> Recording { get; } = new Section<RecordingOptions>()
        .Value("enabled", BooleanKind.Instance, o => o.Enabled, (o, v) => o.Enabled = v)
        .Value("bodies", Bodies, o => o.Bodies, (o, v) => o.Bodies = v)
        .List("redactHeaders", Name, o => o.RedactHeaders, (o, v) => o.RedactHeaders = v)
        .List("redactPatterns", Expression, o => o.RedactPatterns, (o, v) => o.RedactPatterns = v)
        .Value("maxBodyBytes", Bytes(MegaByte, 64 * 1024 * MegaByte), o => o.MaxBodyBytes, (o, v) => o.MaxBodyBytes = v)
        .Value("retentionDays", new NumberKind("days", 0, 36_500), o => o.RetentionDays, (o, v) => o.RetentionDays = (int)v)
        .Value("fsyncInterval", DurationKind.Always, o => o.FsyncInterval, (o, v) => o.FsyncInterval = v)
        .Value("maxWaitingBytes", Bytes(MegaByte, 64 * 1024 * MegaByte), o => o.MaxWaitingBytes, (o, v) => o.MaxWaitingBytes = v);

    public static Section<RouteOptions> Route { get; } = new Section<RouteOptions>()
        .Value("model", ModelPattern, o => o.Model, (o, v) => o.Model = v, required: true)
        .ListOfSections(
            "candidates", Candidate, o => o.Candidates, (o, v) => o.Candidates = v,
            mayBeEmpty: false, required: true, text: NameRules.Candidate)
        .Child("timeouts", RouteTimeouts, o => o.Timeouts, o => o.Timeouts)
        .Child("journal", RouteJournal, o => o.Journal, o => o.Journal)
        .Child("recording", RouteRecording, o => o.Recording, o => o.Recording);

    public static Section<CooldownOptions> Cooldown { get; } = new Section<CooldownOptions>()
        .Value("enabled", BooleanKind.Instance, o => o.Enabled, (o, v) => o.Enabled = v);

    public static Section<AffinityOptions> Affinity { get; } = new Section<AffinityOptions>()
        .Value("enabled", BooleanKind.Instance, o => o.Enabled, (o, v) => o.Enabled = v)
        .Value("ttl", DurationKind.Always, o => o.Ttl, (o, v) => o.Ttl = v);

    public static Section<StormOptions> Storms { get; } = new Section<StormOptions>()
        .Value("enabled", BooleanKind.Instance, o => o.Enabled, (o, v) => o.Enabled = v)
        .Value("limit", new NumberKind("requests", 2, 10_000), o => o.Limit, (o, v) => o.Limit = (int)v)
        .Value("window", DurationKind.Always, o => o.Window, (o, v) => o.Window = v);

    public static Section<FailoverRuleOptions> FailoverRule { get; } = new Section<FailoverRuleOptions>()
        .Value("match", Piece, o => o.Match, (o, v) => o.Match = v)
        .Value("status", StatusKind.Instance, o => o.Status, (o, v) => o.Status = v)
        .Value("code", Piece, o => o.Code, (o, v) => o.Code = v)
        .Value("provider", Name, o => o.Provider, (o, v) => o.Provider = v)
        .Value("reason", Reasons, o => o.Reason, (o, v) => o.Reason = v, required: true)
        .Value("retrySame", BooleanKind.Instance, o => o.RetrySame, (o, v) => o.RetrySame = v)
        .Value("mayFallBack", BooleanKind.Instance, o => o.MayFallBack, (o, v) => o.MayFallBack = v);

    public static Section<FailoverOptions> Failover { get; } = new Section<FailoverOptions>()
        .Value("retries", Retries, o => o.Retries, (o, v) => o.Retries = (int)v)
        .Value("maxAttempts", new NumberKind("attempts", 1, 32), o => o.MaxAttempts, (o, v) => o.MaxAttempts = (int)v)
        .Value("waitForLimits", DurationKind.OrOff, o => o.WaitForLimits, (o, v) => o.WaitForLimits = v)
        .Child("cooldown", Cooldown, o => o.Cooldown, o => o.Cooldown)
        .Child("affinity", Affinity, o => o.Affinity, o => o.Affinity)
        .Child("storms", Storms, o => o.Storms, o => o.Storms)
        .ListOfSections("rules", FailoverRule, o => o.Rules, (o, v) => o.Rules = v);

    public static Section<KeepAliveForms> KeepAliveForms { get; } = new Section<KeepAliveForms>()
        .Value("messages", Forms(Ping, Comment, Blank), o => o.Messages, (o, v) => o.Messages = v)
        .Value("chat", Forms(Comment, Blank), o => o.Chat, (o, v) => o.Chat = v)
        .Value("responses", Forms(Event, Comment, Blank), o => o.Responses, (o, v) => o.Responses = v)
        .Value("gemini", Forms(Blank, Comment), o => o.Gemini, (o, v) => o.Gemini = v);

    public static Section<StreamingOptions> Streaming { get; } = new Section<StreamingOptions>()
        .Value("keepAliveAfter", DurationKind.OrOff, o => o.KeepAliveAfter, (o, v) => o.KeepAliveAfter = v)
        .Value("openEarlyAfter", DurationKind.OrOff, o => o.OpenEarlyAfter, (o, v) => o.OpenEarlyAfter = v)
        .Value("stallAfter", DurationKind.OrOff, o => o.StallAfter, (o, v) => o.StallAfter = v)
        .Child("keepAliveForms", KeepAliveForms, o => o.KeepAliveForms, o => o.KeepAliveForms);

    public static Section<TimeoutOptions> Timeouts { get; } = new Section<TimeoutOptions>()
        .Value("connect", DurationKind.OrOff, o => o.Connect, (o, v) => o.Connect = v)
        .Value("firstByte", DurationKind.OrOff, o => o.FirstByte, (o, v) => o.FirstByte = v)
        .Value("request", DurationKind.OrOff, o => o.Request, (o, v) => o.Request = v)
        .Value("total", DurationKind.OrOff, o => o.Total, (o, v) => o.Total = v)
        .Value("drain", DurationKind.OrOff, o => o.Drain, (o, v) => o.Drain = v);

    public static Section<DenyOptions> Deny { get; } = new Section<DenyOptions>()
        .List("fields", Name, o => o.Fields, (o, v) => o.Fields = v)
        .List("headers", Name, o => o.Headers, (o, v) => o.Headers = v);

    public static Section<LimitOptions> Limits { get; } = new Section<LimitOptions>()
        .Value("requestBody", Bytes(1, 1024 * MegaByte), o => o.RequestBody, (o, v) => o.RequestBody = v)
        .Value("requestHeaders", Bytes(1024, 64 * MegaByte), o => o.RequestHeaders, (o, v) => o.RequestHeaders = (int)v)
        .Value(
            "requestHeadersTimeout", DurationKind.Always,
            o => o.RequestHeadersTimeout, (o, v) => o.RequestHeadersTimeout = v)
        .Value("keepAlive", DurationKind.Always, o => o.KeepAlive, (o, v) => o.KeepAlive = v);

    public static Section<PriceTierOptions> PriceTier { get; } = new Section<PriceTierOptions>()
        .Value("over", new NumberKind("tokens", 1, 1_000_000_000), o => o.Over, (o, v) => o.Over = v, required: true)
        .Value("input", PriceKind.Instance, o => o.Input, (o, v) => o.Input = v, required: true)
        .Value("output", PriceKind.Instance, o => o.Output, (o, v) => o.Output = v, required: true)
        .Value("cacheRead", PriceKind.Instance, o => o.CacheRead, (o, v) => o.CacheRead = v)
        .Value("cacheWrite5m", PriceKind.Instance, o => o.CacheWrite5m, (o, v) => o.CacheWrite5m = v)
        .Value("cacheWrite1h", PriceKind.Instance, o => o.CacheWrite1h, (o, v) => o.CacheWrite1h = v);

    public static Section<PriceOptions> Price { get; } = new Section<PriceOptions>()
        .Value("model", Model, o => o.Model, (o, v) => o.Model = v, required: true)
        .Value("input", PriceKind.Instance, o => o.Input, (o, v) => o.Input = v, required: true)
        .Value("output", PriceKind.Instance, o => o.Output, (o, v) => o.Output = v, required: true)
        .Value("cacheRead", PriceKind.Instance, o => o.CacheRead, (o, v) => o.CacheRead = v)
        .Value("cacheWrite5m", PriceKind.Instance, o => o.CacheWrite5m, (o, v) => o.CacheWrite5m = v)
        .Value("cacheWrite1h", PriceKind.Instance, o => o.CacheWrite1h, (o, v) => o.CacheWrite1h = v)
        .Value("webSearches", PriceKind.Instance, o => o.WebSearches, (o, v) => o.WebSearches = v)
        .Value("from", DayKind.Instance, o => o.From, (o, v) => o.From = v)
        .Child("tier", PriceTier, o => o.Tier, o => o.Tier = new());

    public static Section<HoldfastOptions> Root { get; } = new Section<HoldfastOptions>()
        .List("listen", Url, o => o.Listen, (o, v) => o.Listen = v, mayBeEmpty: false)
        .Value("access", Access, o => o.Access, (o, v) => o.Access = v)
        .List("allowedHosts", Host, o => o.AllowedHosts, (o, v) => o.AllowedHosts = v)
        .List("allowedOrigins", Origin, o => o.AllowedOrigins, (o, v) => o.AllowedOrigins = v)
        .Child("tls", Tls, o => o.Tls, o => o.Tls = new())
        .With(new UpstreamsSetting("upstreams", Upstream))
        .ListOfSections("routes", Route, o => o.Routes, (o, v) => o.Routes = v)
        .Child("failover", Failover, o => o.Failover, o => o.Failover)
        .Child("journal", Journal, o => o.Journal, o => o.Journal)
        .Child("recording", Recording, o => o.Recording, o => o.Recording)
        .Value("errors", Errors, o => o.Errors, (o, v) => o.Errors = v)
        .Child("streaming", Streaming, o => o.Streaming, o => o.Streaming)
        .Child("timeouts", Timeouts, o => o.Timeouts, o => o.Timeouts)
        .Child("deny", Deny, o => o.Deny, o => o.Deny)
        .Child("limits", Limits, o => o.Limits, o => o.Limits)
        .ListOfSections("prices", Price, o => o.Prices, (o, v) => o.Prices = v)
        .Value("debug", BooleanKind.Instance, o => o.Debug, (o, v) => o.Debug = v);

    /// <summary>Where a setting of that name belongs, for somebody who wrote it elsewhere.</summary>
    public static string? PlaceOf(string name) => PlaceOf(name, "", Root.Describe(new()));

    // Lists last: most who write "firstByte" mean that of every request, not that of one route.
    private static string? PlaceOf(string name, string path, IReadOnlyList<SettingDescription> settings) =>
        settings.Any(setting => setting.Name == name)
            ? path.Length == 0 ? "at the top" : $"into \"{path}\""
            : settings
                .OrderBy(setting => setting.IsList)
                .Select(setting => PlaceOf(name, setting.PathBelow(path), setting.Children))
                .FirstOrDefault(place => place is not null);

    private static ChoiceKind<string> Words(params string[] words) =>
        new([.. words.Select(word => new Word<string>(word, word))]);

    private static ChoiceKind<KeepAliveForm> Forms(params Word<KeepAliveForm>[] forms) => new(forms);

    private static NumberKind Bytes(long least, long most) => new("bytes", least, most);
}
