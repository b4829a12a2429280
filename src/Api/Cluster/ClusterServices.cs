namespace ModelService.Api.Cluster;

/// <summary>Adds what servers need to forward requests to each other.</summary>
internal static class ClusterServices
{
    /// <summary>Adds the services.</summary>
    public static void AddForwarding(this IHostApplicationBuilder builder)
    {
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton<ForwardingMetrics>().AddSingleton<ForwardingClient>();
    }

    /// <summary>Forwards requests, from here on in the pipeline.</summary>
    public static void UseForwarding(this IApplicationBuilder app) => app.UseMiddleware<RequestForwarder>();
}
