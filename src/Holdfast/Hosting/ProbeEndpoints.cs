using System.Reflection;
using System.Text;
using Holdfast.Connections;

namespace Holdfast.Hosting;

/// <summary>Answers what clients, load balancers and people ask before the first exchange, at once and without an
/// upstream.</summary>
internal static class ProbeEndpoints
{
    /// <summary>The version people see, without its build metadata.</summary>
    public static string Version { get; } = typeof(ProbeEndpoints).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    // Written out: the first serialisation of a process costs a tenth of its start.
    private static byte[] Alive { get; } = Encoding.UTF8.GetBytes($$"""{"status":"ok","version":"{{Version}}"}""");

    private static byte[] Draining { get; } = """{"status":"draining"}"""u8.ToArray();

    private static byte[] Greeting { get; } =
        Encoding.UTF8.GetBytes($"Holdfast {Version}: point your client's base URL here.\n");

    /// <summary>Answers <c>/</c>, <c>/api/hello</c>, <c>/healthz</c>, <c>/readyz</c>, and <c>OPTIONS</c> on every
    /// path.</summary>
    public static void UseProbes(this IApplicationBuilder app)
    {
        var drain = app.ApplicationServices.GetRequiredService<Drain>();
        RequestDelegate ready = http => drain.IsDraining
            ? AnswerAsync(http, 503, "application/json", Draining)
            : Live(http);
        app.Use(next => http => (ProbeFor(http.Request, ready) ?? next)(http));
    }

    private static RequestDelegate? ProbeFor(HttpRequest request, RequestDelegate ready)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            return request.Path.Value switch
            {
                "/" or "/api/hello" => Greet,
                "/healthz" => Live,
                "/readyz" => ready,
                _ => null,
            };
        }

        return HttpMethods.IsOptions(request.Method) ? Options : null;
    }

    private static Task Greet(HttpContext http) => AnswerAsync(http, 200, "text/plain; charset=utf-8", Greeting);

    private static Task Live(HttpContext http) => AnswerAsync(http, 200, "application/json", Alive);

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
