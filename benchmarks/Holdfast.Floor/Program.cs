// The floor: the least a C# proxy can do. Every figure of the gateway is shown beside it.
using Microsoft.Extensions.Primitives;

var listen = Option("--listen");
var upstream = Option("--upstream").TrimEnd('/');

string[] hopByHop = ["host", "connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer"];
var ofTheConnection = new HashSet<string>(hopByHop, StringComparer.OrdinalIgnoreCase);

using var handler = new SocketsHttpHandler
{
    AllowAutoRedirect = false,
    UseCookies = false,
    UseProxy = false,
    ActivityHeadersPropagator = null,
};
using var invoker = new HttpMessageInvoker(handler);

var builder = WebApplication.CreateEmptyBuilder(new());
builder.WebHost.UseKestrelCore().UseUrls(listen).ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxRequestBodySize = null;
});
var app = builder.Build();
// The start is measured up to the first 200, so the floor must have one of its own.
app.Run(context => context.Request.Path == "/healthz" ? Task.CompletedTask : RelayAsync(context));
await app.RunAsync();

async Task RelayAsync(HttpContext context)
{
    using var request = new HttpRequestMessage(
        new HttpMethod(context.Request.Method), upstream + context.Request.Path + context.Request.QueryString);
    if (context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0)
    {
        request.Content = new StreamContent(context.Request.Body);
    }

    foreach (var (name, values) in context.Request.Headers)
    {
        if (!ofTheConnection.Contains(name)
            && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
        {
            request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    using var response = await invoker.SendAsync(request, context.RequestAborted);
    context.Response.StatusCode = (int)response.StatusCode;
    foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
    {
        if (!ofTheConnection.Contains(name))
        {
            context.Response.Headers[name] = new StringValues([.. values]);
        }
    }

    await using var body = await response.Content.ReadAsStreamAsync(context.RequestAborted);
    var writer = context.Response.BodyWriter;
    while (await body.ReadAsync(writer.GetMemory(), context.RequestAborted) is > 0 and var count)
    {
        writer.Advance(count);
        await writer.FlushAsync(context.RequestAborted);
    }
}

string Option(string name) => args.SkipWhile(argument => argument != name).Skip(1).FirstOrDefault()
    ?? throw new ArgumentException($"Usage: Holdfast.Floor --listen URL --upstream URL (missing: {name})");
