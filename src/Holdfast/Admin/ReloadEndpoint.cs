using Holdfast.Reload;

namespace Holdfast.Admin;

/// <summary><c>POST /reload</c>: reads the configuration again and lets it hold.</summary>
internal sealed class ReloadEndpoint(Reloader reloader)
{
    public const string Path = "/reload";

    public async Task AnswerAsync(HttpContext http)
    {
        // Reads files: not on a thread that sockets wait for.
        var (configuration, changed) = await Task.Run(() => reloader.Reload("asked for by command"), http.RequestAborted);
        if (configuration.Refused is { } refused)
        {
            http.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            await http.Response.WriteAsJsonAsync(
                new RefusedReload([.. refused.Errors.Select(error => error.ToString())], refused.File),
                ReloadJson.Default.RefusedReload, contentType: null, http.RequestAborted);
            return;
        }

        await http.Response.WriteAsJsonAsync(
            new ReloadDocument(
                changed, configuration.NeedsRestart, configuration.Text.Digest, configuration.LoadedAt, configuration.File),
            ReloadJson.Default.ReloadDocument, contentType: null, http.RequestAborted);
    }
}
