using System.Security.Claims;
using System.Security.Principal;

namespace SseKit.Replay;

/// <summary>
/// Copies a user whose identity ends with its request, as a <see cref="WindowsIdentity"/> does. Others are kept unchanged.
/// </summary>
internal static class DetachedUser
{
    public static ClaimsPrincipal Of(ClaimsPrincipal user)
    {
        if (!OperatingSystem.IsWindows() || !user.Identities.Any(identity => identity is WindowsIdentity))
        {
            return user;
        }

        return user is WindowsPrincipal
            ? new WindowsPrincipal((WindowsIdentity)((WindowsIdentity)user.Identity!).Clone())
            : new ClaimsPrincipal(user.Identities.Select(identity => identity.Clone()));
    }
}
