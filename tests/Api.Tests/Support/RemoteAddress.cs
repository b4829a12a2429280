using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace ModelService.Api.Tests.Support;

/// <summary>Has requests come from an address. Put it into the server's services to use it.</summary>
internal sealed class RemoteAddress : IStartupFilter
{
    /// <summary>The address of the next requests.</summary>
    public IPAddress? Address { get; set; }

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
        app =>
        {
            app.Use(following =>
                context =>
                {
                    context.Connection.RemoteIpAddress = Address;
                    return following(context);
                }
            );
            next(app);
        };
}
