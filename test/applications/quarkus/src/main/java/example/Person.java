package example;

import io.quarkus.security.Authenticated;
import io.quarkus.security.identity.SecurityIdentity;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import java.util.Map;

/** Says who is there, and lets the group admins in somewhere. */
@Path("/")
@Authenticated
public class Person {
  @Inject SecurityIdentity who;

  @GET
  public Map<String, Object> person() {
    return Map.of("name", who.getPrincipal().getName(), "may", who.getRoles());
  }

  @GET
  @Path("admins")
  @RolesAllowed("admins")
  public String admins() {
    return "for admins";
  }
}
