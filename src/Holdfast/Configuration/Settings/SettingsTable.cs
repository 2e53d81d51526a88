using Holdfast.Configuration.Kinds;
using Holdfast.Hosting;
using Holdfast.Proxy;
using Holdfast.Upstreams;
using Holdfast.Wire;

namespace Holdfast.Configuration.Settings;

/// <summary>Every setting there is: its name, its kind and the option it fills. Loading, <c>docs/config.md</c> and the
/// JSON schema come from here; what a setting means stands in the doc comment of the option of the same name.</summary>
internal static class SettingsTable
{
    private const long MegaByte = 1024 * 1024;

    private static readonly TextKind Url = new("URL", AddressRules.Listener);
    private static readonly TextKind Name = new("name", text =>
        text.Length == 0 || text.Any(char.IsWhiteSpace) ? "is not a name: write it without blanks." : null);
    private static readonly TextKind Host = new("host name", AddressRules.Host);
    private static readonly TextKind Origin = new("origin", AddressRules.Origin);
    private static readonly TextKind Proxy = new("URL or `\"off\"`", AddressRules.Proxy);

    private static readonly NumberKind Retries = new("retries", 0, 5);
    private static readonly Choice<KeepAliveForm> Blank = new("blank", KeepAliveForm.Blank);
    private static readonly Choice<KeepAliveForm> Comment = new("comment", KeepAliveForm.Comment);
    private static readonly Choice<KeepAliveForm> Ping = new("ping", KeepAliveForm.Ping);
    private static readonly Choice<KeepAliveForm> Event = new("event", KeepAliveForm.Event);

    public static ChoiceKind<ProtocolFamily> Protocols { get; } = new(
        new("anthropic", ProtocolFamily.Anthropic),
        new("openai", ProtocolFamily.OpenAI),
        new("gemini", ProtocolFamily.Gemini));

    public static ChoiceKind<string> Access { get; } = new(new("loopback", "loopback"), new("open", "open"));

    public static Section<TlsOptions> Tls { get; } = new Section<TlsOptions>()
        .Value("certificate", FileKind.Instance, o => o.Certificate, (o, v) => o.Certificate = v, required: true)
        .Value("key", FileKind.Instance, o => o.Key, (o, v) => o.Key = v, required: true);

    public static Section<CredentialOptions> Credential { get; } = new Section<CredentialOptions>()
        .Value("env", VariableNameKind.Instance, o => o.Env, (o, v) => o.Env = v, required: true);

    public static Section<UpstreamOptions> Upstream { get; } = new Section<UpstreamOptions>()
        .Value("protocol", Protocols, o => o.Protocol, (o, v) => o.Protocol = v, required: true)
        .Value("baseUrl", UrlKind.Instance, o => o.BaseUrl, (o, v) => o.BaseUrl = v, required: true)
        .Child("credential", Credential, o => o.Credential, o => o.Credential = new())
        .Value("proxy", Proxy, o => o.Proxy, (o, v) => o.Proxy = v)
        .Value("caFile", FileKind.Instance, o => o.CaFile, (o, v) => o.CaFile = v)
        .Value("clientCertificate", FileKind.Instance, o => o.ClientCertificate, (o, v) => o.ClientCertificate = v)
        .Value("clientKey", FileKind.Instance, o => o.ClientKey, (o, v) => o.ClientKey = v)
        .Value("http2", BooleanKind.Instance, o => o.Http2, (o, v) => o.Http2 = v)
        .Value("idleTimeout", DurationKind.Always, o => o.IdleTimeout, (o, v) => o.IdleTimeout = v)
        .Value("connectRetries", Retries, o => o.ConnectRetries, (o, v) => o.ConnectRetries = (int)v)
        .Value("connectionLifetime", DurationKind.OrOff, o => o.ConnectionLifetime, (o, v) => o.ConnectionLifetime = v);

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

    public static Section<HoldfastOptions> Root { get; } = new Section<HoldfastOptions>()
        .List("listen", Url, o => o.Listen, (o, v) => o.Listen = v, mayBeEmpty: false)
        .Value("access", Access, o => o.Access, (o, v) => o.Access = v)
        .List("allowedHosts", Host, o => o.AllowedHosts, (o, v) => o.AllowedHosts = v)
        .List("allowedOrigins", Origin, o => o.AllowedOrigins, (o, v) => o.AllowedOrigins = v)
        .Child("tls", Tls, o => o.Tls, o => o.Tls = new())
        .With(new UpstreamsSetting("upstreams", Upstream))
        .Child("streaming", Streaming, o => o.Streaming, o => o.Streaming)
        .Child("timeouts", Timeouts, o => o.Timeouts, o => o.Timeouts)
        .Child("deny", Deny, o => o.Deny, o => o.Deny)
        .Child("limits", Limits, o => o.Limits, o => o.Limits)
        .Value("debug", BooleanKind.Instance, o => o.Debug, (o, v) => o.Debug = v);

    /// <summary>Where a setting of that name belongs, for somebody who wrote it elsewhere.</summary>
    public static string? PlaceOf(string name) => PlaceOf(name, "", Root.Describe(new()));

    private static string? PlaceOf(string name, string path, IReadOnlyList<SettingDescription> settings) =>
        settings.Any(setting => setting.Name == name)
            ? path.Length == 0 ? "at the top" : $"into \"{path}\""
            : settings
                .Select(setting => PlaceOf(name, PathBelow(path, setting), setting.Children))
                .FirstOrDefault(place => place is not null);

    private static string PathBelow(string path, SettingDescription setting) =>
        SettingsReading.Join(path, setting.IsMap ? $"{setting.Name}.<name>" : setting.Name);

    private static ChoiceKind<KeepAliveForm> Forms(params Choice<KeepAliveForm>[] forms) => new(forms);

    private static NumberKind Bytes(long least, long most) => new("bytes", least, most);
}
