using System.Reflection;
using System.Text.Json;

namespace Holdfast.Hosting;

/// <summary>Answers what clients, load balancers and people ask before the first exchange, at once and without an
/// upstream (R132).</summary>
internal static class ProbeEndpoints
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>The version people see, without its build metadata.</summary>
    public static string Version { get; } = typeof(ProbeEndpoints).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    private static byte[] Alive { get; } =
        JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["status"] = "ok", ["version"] = Version });

    private static byte[] Greeting { get; } =
        System.Text.Encoding.UTF8.GetBytes($"Holdfast {Version}: point your client's base URL here.\n");

    /// <summary>Maps <c>/</c>, <c>/api/hello</c>, <c>/healthz</c>, <c>/readyz</c>, and <c>OPTIONS</c> on every
    /// path.</summary>
    public static void MapProbes(this IEndpointRouteBuilder app)
    {
        app.MapMethods("/", Reading, http => AnswerAsync(http, 200, "text/plain; charset=utf-8", Greeting));
        app.MapMethods("/api/hello", Reading, http => AnswerAsync(http, 200, "text/plain; charset=utf-8", Greeting));
        app.MapMethods("/healthz", Reading, http => AnswerAsync(http, 200, "application/json", Alive));
        app.MapMethods("/readyz", Reading, Ready);
        app.MapMethods("/{**path}", [HttpMethods.Options], Options);
    }

    private static Task Ready(HttpContext http) => http.RequestServices.GetRequiredService<Drain>().IsDraining
        ? AnswerAsync(http, 503, "application/json", """{"status":"draining"}"""u8.ToArray())
        : AnswerAsync(http, 200, "application/json", Alive);

    // No CORS headers: a web page is not to be told that it may call us (RequestGuard).
    private static Task Options(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        http.Response.Headers.Allow = ApiMethods.Allowed;
        return Task.CompletedTask;
    }

    private static Task AnswerAsync(HttpContext http, int status, string contentType, byte[] body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = body.Length;
        http.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(http.Request.Method)
            ? Task.CompletedTask
            : http.Response.Body.WriteAsync(body).AsTask();
    }
}
