using System.Globalization;
using System.Net;

namespace ModelService.Api;

/// <summary>The addresses where the server listens, as its settings have them.</summary>
internal static class ListenAddresses
{
    private static readonly string[] PortSettings = [WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey];

    /// <summary>Whether a setting says where to listen.</summary>
    public static bool AreConfigured(IConfiguration configuration) =>
        PortSettings.Append(WebHostDefaults.ServerUrlsKey).Any(key => !string.IsNullOrEmpty(configuration[key]));

    /// <summary>
    /// Describes an address or a port that can't be one. ASP.NET takes <c>localhost:abc</c> for the name of a host, and
    /// listens on port 80 of all addresses.
    /// </summary>
    /// <returns>A sentence; null if there is none.</returns>
    public static string? FindProblem(IConfiguration configuration)
    {
        foreach (var url in Split(configuration[WebHostDefaults.ServerUrlsKey]))
        {
            if (!IsAddress(url))
            {
                return $"'{url}' of --{WebHostDefaults.ServerUrlsKey} is not an address: it has a scheme, a host and a "
                    + "port from 0 to 65535, such as http://localhost:8081.";
            }
        }

        foreach (var key in PortSettings)
        {
            if (Split(configuration[key]).FirstOrDefault(port => !IsPort(port)) is { } port)
                return $"'{port}' of --{key} is not a port, a number from 0 to 65535.";
        }

        return null;
    }

    private static string[] Split(string? list) =>
        list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static bool IsAddress(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address.IsUnixPipe
                || address.IsNamedPipe
                || (
                    address.Port is >= IPEndPoint.MinPort and <= IPEndPoint.MaxPort
                    && address.PathBase.Length == 0
                    && (address.Host.StartsWith('[') || !address.Host.Contains(':', StringComparison.Ordinal))
                );
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static bool IsPort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort;
}
