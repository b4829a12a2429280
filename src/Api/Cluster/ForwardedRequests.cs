using System.Globalization;
using ModelService.Models.Registry.Placement;

namespace ModelService.Api.Cluster;

/// <summary>
/// Which requests are forwarded, over HTTP and gRPC alike, and how the server that they go to knows them.
/// </summary>
internal static class ForwardedRequests
{
    /// <summary>
    /// The header of a forwarded request: the server that it goes to answers it. Its value tells which server sent it
    /// (<see cref="ModelPlacement.Secret"/>).
    /// </summary>
    public const string Header = "X-Model-Service-Forwarded";

    /// <summary>Finds the servers to which a request is forwarded.</summary>
    /// <param name="placement">Tells the servers of a model.</param>
    /// <param name="http">The request. One that was forwarded is never forwarded again.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null or empty: the default, or one that the model's routes choose.</param>
    /// <returns>The servers, one of which is to answer; empty: this server answers.</returns>
    public static IReadOnlyList<Uri> FindServers(
        this ModelPlacement placement,
        HttpContext http,
        string name,
        string? version
    )
    {
        if (http.Request.Headers.ContainsKey(Header))
            return [];
        if (string.IsNullOrEmpty(version))
            return placement.FindOthers(name, null);
        return int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? placement.FindOthers(name, number)
            : [];
    }

    /// <summary>
    /// Whether the status of an error says that a server can't answer now, because it has too much to do or too little
    /// memory, so that another server may.
    /// </summary>
    /// <param name="status">The HTTP status.</param>
    public static bool IsRefusal(int status) =>
        status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable;

    /// <summary>Whether another server of the cluster has forwarded a request. A client can't pretend so.</summary>
    /// <param name="http">The request.</param>
    public static bool IsForwarded(HttpContext http) =>
        http.Request.Headers.TryGetValue(Header, out var secret)
        && http.RequestServices.GetRequiredService<ModelPlacement>().IsKnown(secret.ToString());
}
