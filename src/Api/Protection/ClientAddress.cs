using System.Net;
using System.Net.Sockets;

namespace ModelService.Api.Protection;

/// <summary>Where requests come from.</summary>
internal static class ClientAddress
{
    // Bytes of an IPv6 address's /64 prefix.
    private const int NetworkBytes = 8;

    /// <summary>
    /// Returns the address of a request's client. It is that of a proxy, unless ASP.NET is told to believe its
    /// X-Forwarded-For. An IPv4 client that arrives on an IPv6 socket has its IPv4 address.
    /// </summary>
    public static IPAddress? Find(HttpContext http) =>
        http.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped
            ? mapped.MapToIPv4()
            : http.Connection.RemoteIpAddress;

    /// <summary>
    /// Returns what stands for all addresses that count as one client: an IPv6 client can use every address of its /64
    /// network.
    /// </summary>
    public static IPAddress FindNetwork(HttpContext http)
    {
        var address = Find(http) ?? IPAddress.None;
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? new IPAddress([.. address.GetAddressBytes().Take(NetworkBytes), .. new byte[NetworkBytes]])
            : address;
    }
}
