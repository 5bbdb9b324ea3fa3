using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Recipes;

/// <summary>The address of this app, for a recipe whose model is the app itself.</summary>
internal static class OwnAddress
{
    public static Uri Of(IServiceProvider services, string path = "")
    {
        // There is none before the server listens.
        string address = services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new Uri(new Uri(address), path);
    }
}
